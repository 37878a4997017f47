"""The command line: `mandje COMMAND SHOP`, where SHOP is the shop's folder."""

from __future__ import annotations

import os
import signal
import sys

# What a shell expects of a process that Ctrl-C ended; typer ends with it too.
_STOPPED = 128 + signal.SIGINT
# Fits work on small matrices: threads for them cost twice the processor time and gain nothing. Before numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    import duckdb
    import polars as pl
    import pyarrow as pa

    from mandje.cli import (
        back_test,
        check,
        doctor,
        experiment,
        make_shop,
        pass_holds,
        publish,
        reconcile,
        run,
        snapshot,
        status,
        truth,
        unmake,
        warnings,
    )
    from mandje.cli.app import app
    from mandje.cli.screens.terminal import complain
    from mandje.errors import ExitCode, MandjeError
    from mandje.system.machine import machine_fault
except KeyboardInterrupt:
    sys.exit(_STOPPED)

__all__ = [
    "app",
    "back_test",
    "check",
    "doctor",
    "experiment",
    "main",
    "make_shop",
    "pass_holds",
    "publish",
    "reconcile",
    "run",
    "snapshot",
    "status",
    "truth",
    "unmake",
    "warnings",
]


def main() -> None:
    """Run a command; a user's mistake ends in one clear line and a documented exit code."""
    try:
        app()
    except MandjeError as error:
        _say(str(error))
        sys.exit(error.exit_code)
    except (OSError, MemoryError, duckdb.Error, pl.exceptions.PolarsError, pa.ArrowException) as error:
        if fault := machine_fault(error):
            _say(str(fault))
            sys.exit(fault.exit_code)
        text = " ".join(str(error).split())
        _say(f"{text}; next step: try again (a night may have moved a file), or `mandje doctor SHOP`")
        sys.exit(ExitCode.USER_ERROR)
    except KeyboardInterrupt:
        _say_stopped()
        sys.exit(_STOPPED)
    except SystemExit as end:
        if end.code == _STOPPED:
            _say_stopped()
        raise


def _say_stopped() -> None:
    _say("stopped by you; run the same command again to go on")


def _say(text: str) -> None:
    complain(f"mandje: {text}")
