"""The command line in this process: what `python -m mandje` says, without the seconds of its imports."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from mandje.cli import main
from mandje.errors import ExitCode


@dataclass(frozen=True)
class Said:
    exit_code: int
    stdout: str
    stderr: str


def mandje(*words: object) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["mandje", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
    return Said(int(end.value.code or 0), out.getvalue(), err.getvalue())


def told(*words: object, exit_code: ExitCode = ExitCode.OK) -> str:
    """All it says, on one line."""
    said = mandje(*words)
    text = " ".join((said.stdout + said.stderr).split())
    assert said.exit_code == exit_code, text
    return text
