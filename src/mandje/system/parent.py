"""A process that works for another: it ends with that, and without words of its libraries."""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have Linux end this process as soon as the one that started it is gone, however that ended.

    A scheduler that is killed would leave a stage at work, which would hold the shop against the next try.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_quietly() -> None:
    """Keep to itself what bindings write to stderr while Python ends: DuckDB reports objects of its own."""
    atexit.register(_close_errors)


def _close_errors() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
