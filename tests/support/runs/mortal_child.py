"""A process of its own that is killed at a chosen write: whatever it leaves must be mended by the next."""

from __future__ import annotations

import signal
import subprocess
import sys

# More than any of these processes writes.
ENOUGH = 10_000
_MORTAL = """
import os, signal, sys
from datetime import date
from pathlib import Path

left = int(sys.argv[1])

def mortal(function):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

def be_mortal():
    for name in ("rename", "replace", "unlink", "rmdir", "mkdir", "symlink", "sync"):
        setattr(os, name, mortal(getattr(os, name)))
    Path.write_bytes = mortal(Path.write_bytes)
"""


def run_mortal(code: str, *words: object, steps: int = ENOUGH) -> int | None:
    """Run `code` for so many writes after it calls `be_mortal()`: steps taken, None where it was killed.

    `sys.argv` from 2 on are `words`.
    """
    command = [sys.executable, "-c", _MORTAL + code + "\nprint(left)", str(steps), *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr
    return steps - int(ended.stdout) if ended.returncode == 0 else None
