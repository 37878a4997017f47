"""One `mandje stage` in a process of its own, and what it says of itself.

Whatever the command writes to stderr is logged as it comes. Its last line on stdout is JSON: `run_date` (None
where nothing is due), and either `result` with `warnings`, or `fault` (see `mandje.cli.run`).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

# Python's own settings of the host would lead another environment's Python astray.
_OF_THE_HOST = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"})
# Its settings, connections and variables hold its secrets.
_OF_AIRFLOW = ("AIRFLOW_", "_AIRFLOW_", "__AIRFLOW_")
_PATIENCE_SECONDS = 10
# Waiting with a limit holds no lock, on which `stop` in a signal's handler would hang.
_NO_LIMIT = threading.TIMEOUT_MAX
_LAST_LINES = 3


class NoAnswerError(RuntimeError):
    """The command ended without saying how the stage went."""


class StageCommand:
    """A command that runs one stage; `answer` runs it, `stop` ends it."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str]) -> None:
        self._words = list(words)
        self._environment = dict(environment)
        self._process: subprocess.Popen[str] | None = None
        self._last: list[str] = []

    def answer(self, say: Callable[[str], None]) -> dict[str, Any]:
        """Run it to its end; `say` is told each line that it writes meanwhile.

        Raises:
            NoAnswerError: it was killed, could not start, or is no `mandje` that knows `stage`.
        """
        with tempfile.TemporaryFile() as told:
            exit_code = self._run(told, say)
            told.seek(0)
            lines = told.read().decode(errors="replace").splitlines()
        try:
            read = json.loads(lines[-1])
            return dict(read) | {"run_date": read["run_date"]}
        except (IndexError, ValueError, TypeError, KeyError):
            said = " | ".join(self._last) or "nothing"
            ended = f"ended with exit code {exit_code} and told no result"
            # Its other words may hold secrets, such as those that start a container.
            raise NoAnswerError(f"{self._words[0]} {ended}; it said last: {said}") from None

    def stop(self) -> None:
        """End it, if it still runs: TERM first, KILL after some seconds."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_NO_LIMIT)

    def _run(self, told: IO[bytes], say: Callable[[str], None]) -> int:
        with self._start(told) as process:
            self._process = process
            try:
                for line in process.stderr or ():
                    say(line.rstrip())
                    self._last = [*self._last, line.strip()][-_LAST_LINES:]
                return process.wait(_NO_LIMIT)
            finally:  # also where the task ran out of time
                self.stop()

    def _start(self, told: IO[bytes]) -> subprocess.Popen[str]:
        try:
            return subprocess.Popen(  # noqa: S603  the words are the DAG file's
                self._words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as fault:
            raise NoAnswerError(f"{self._words[0]} cannot be started: {fault}") from None


def environment_for(*, is_own: bool, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command: the host's without what is Airflow's.

    `is_own`: it runs with this very Python, whose settings then stay.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OF_AIRFLOW) and (is_own or name not in _OF_THE_HOST)
    }
    return kept | dict(more)
