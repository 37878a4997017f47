"""The one error that a user can cause, and the exit codes of the command line."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntEnum


class ExitCode(IntEnum):
    """What a `mandje` command returns to the shell."""

    OK = 0
    USER_ERROR = 1
    USAGE = 2
    NIGHT_STOPPED = 3
    GATE_CLOSED = 4
    NOT_EQUAL = 5
    WAITING = 6


@dataclass(eq=False)
class MandjeError(Exception):
    """Something that a person can mend, said in one line.

    `message` says what went wrong; the other fields are given where they are known. `next_step` tells what
    to do. Printed without a traceback.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None
    next_step: str | None = None
    exit_code: ExitCode = ExitCode.USER_ERROR

    def __str__(self) -> str:
        """One line: message, then every known field by name."""
        known = [
            f"{field.name.replace('_', ' ')}: {getattr(self, field.name)}"
            for field in fields(self)
            if field.name not in {"message", "exit_code"} and getattr(self, field.name) is not None
        ]
        return "; ".join([self.message, *known]).replace("\n", " ")


# What a night says whose deliveries did not come by their deadline.
WAITS_NO_LONGER = "waits no longer"


class WaitingError(MandjeError):
    """Deliveries are missing that may still come.

    `folders` names, for each of them, the folders of which one has to be filled; `until` is the moment from
    which on the first of them is not waited for any more.
    """

    def __init__(self, message: str, *, folders: list[list[str]], until: datetime, **said: str) -> None:
        super().__init__(message, **said, exit_code=ExitCode.WAITING)  # type: ignore[arg-type]
        self.folders = folders
        self.until = until


class BusyError(MandjeError):
    """Somebody else is at it: nothing is to be mended, and a later try may go on."""
