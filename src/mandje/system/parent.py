"""A process that works for another: it ends with that, and without words of its libraries."""

from __future__ import annotations

import atexit
import ctypes
import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1
_ERRORS = 2


def end_with_parent() -> None:
    """Have Linux end this process as soon as the one that started it is gone, however that ended.

    A scheduler that is killed would leave a stage at work, which would hold the shop against the next try.
    It may be gone before this process has come so far: then nobody reads its errors any more.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if _nobody_reads(_ERRORS):
            signal.raise_signal(signal.SIGKILL)


def _nobody_reads(descriptor: int) -> bool:
    """Whether it is a pipe whose other end is closed."""
    look = select.poll()
    look.register(descriptor, 0)  # faults are told unasked
    return any(told & select.POLLERR for _, told in look.poll(0))


def end_quietly() -> None:
    """Keep to itself what bindings write to stderr while Python ends: DuckDB reports objects of its own."""
    atexit.register(_close_errors)


def _close_errors() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _ERRORS)
    os.close(nowhere)
