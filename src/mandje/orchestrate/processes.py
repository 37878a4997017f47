"""Processes that outlive the command that started them: start, recognise and end them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

PATIENCE_SECONDS = 5.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Started:
    """A process by what makes it unmistakable: its id and the second of its birth (ids are used again)."""

    name: str
    pid: int
    born: float


def start(name: str, command: list[str], env: dict[str, str], log: Path) -> Started:
    """Start a process in a session of its own, its output in `log` (begun anew)."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        command[0],
        command,
        env,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return Started(name, pid, psutil.Process(pid).create_time())


def is_alive(started: Started) -> bool:
    """Whether this very process still runs; a dead one that nobody collected does not."""
    try:
        process = psutil.Process(started.pid)
        return bool(process.create_time() == started.born and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def stop(processes: tuple[Started, ...], patience_seconds: float = PATIENCE_SECONDS) -> None:
    """End the processes and all that they started: TERM first, KILL for what is left after the patience."""
    sessions = {started.pid for started in processes if not _is_another(started)}
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for member in _members(sessions):
            with suppress(psutil.NoSuchProcess):
                end(member)
        deadline = time.monotonic() + patience_seconds
        while _members(sessions) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    for started in processes:
        with suppress(ChildProcessError):
            os.waitpid(started.pid, os.WNOHANG)


def _is_another(started: Started) -> bool:
    """Whether a later process has this id: then nothing is left of the session that bore it."""
    try:
        return bool(psutil.Process(started.pid).create_time() != started.born)
    except psutil.NoSuchProcess:
        return False


def _members(sessions: set[int]) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _session(process) in sessions]


def _session(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
    except (OSError, psutil.NoSuchProcess):
        return None
