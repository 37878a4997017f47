"""Root for whom modes count: tests that run as root give up what lets it pass everywhere."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
# chown, and the two that pass by modes
_GIVEN_UP = 1 << 0 | 1 << 1 | 1 << 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    """Capabilities 0 to 31, then those from 32 on."""

    _fields_ = tuple(
        (f"{name}_{part}", ctypes.c_uint32)
        for part in ("low", "high")
        for name in ("effective", "permitted", "inheritable")
    )


@contextmanager
def as_plain_user() -> Iterator[None]:
    """What follows, in this thread, may read and write only what modes allow, and give nothing away."""
    if os.geteuid() != 0:
        yield
        return
    libc, header, sets = ctypes.CDLL(None, use_errno=True), _Header(_VERSION_3, 0), _Sets()
    assert libc.capget(ctypes.byref(header), ctypes.byref(sets)) == 0
    before = sets.effective_low
    sets.effective_low = before & ~_GIVEN_UP
    assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0
    try:
        yield
    finally:
        sets.effective_low = before
        assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0
