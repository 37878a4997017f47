"""Waiting for deliveries without a worker: what Airflow's triggerer looks at meanwhile.

It is a hint only, told by names, sizes and times of files. Whether a night may go on `mandje stage` says.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from mandje.delivery_names import is_ignored

# Also how long nothing may change in a folder until it counts as written.
LOOK_SECONDS = 20

# Name, size in bytes and time of change of each file, as text.
Seen = list[str]


class DeliveriesTrigger(BaseTrigger):
    """Fires when deliveries may have come, when shop.toml was changed, or at a moment.

    Args:
        folders: for each delivery the folders of exports of which one has to be filled.
        settings: the path of shop.toml.
        known: how that stood (`file_stamp`) when it was read last; None where it was not seen.
        until: the moment at which it fires whatever has come, ISO 8601 with its offset.
    """

    def __init__(self, folders: list[list[str]], settings: str, known: str | None, until: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.folders = folders
        self.settings = settings
        self.known = known
        self.until = until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and its arguments, from which a triggerer that starts anew makes it again."""
        names = ("folders", "settings", "known", "until")
        kept = {name: getattr(self, name) for name in names}
        return f"{type(self).__module__}.{type(self).__qualname__}", kept

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every `LOOK_SECONDS`; the only event says why it fires."""
        yield TriggerEvent(await self._reason())  # type: ignore[no-untyped-call]

    async def _reason(self) -> str:
        until = datetime.fromisoformat(self.until)
        before: tuple[str | None, list[Seen]] | None = None
        while (now := datetime.now(UTC)) < until:
            settings, came = seen = await asyncio.to_thread(self._look)
            if seen == before and all(came):
                return "the deliveries have come"
            if seen == before and settings not in (self.known, None):
                return "shop.toml was changed"
            before = seen
            await asyncio.sleep(min(LOOK_SECONDS, (until - now).total_seconds()))
        return "it is time to look again"

    def _look(self) -> tuple[str | None, list[Seen]]:
        """How shop.toml stands, and for each delivery what lies in its folders."""
        came = [[file for folder in each for file in _files(folder)] for each in self.folders]
        return file_stamp(self.settings), came


def _files(folder: str) -> Seen:
    """What is neither hidden nor still being written."""
    try:
        with os.scandir(folder) as entries:
            return sorted(_seen(entry.path, entry.stat()) for entry in entries if not is_ignored(entry.name))
    except OSError:  # not there yet, or just moved
        return []


def file_stamp(path: str) -> str | None:
    """How a file stands, from which it is seen that it was changed; None where there is none."""
    try:
        return _seen(path, Path(path).stat())
    except OSError:  # an editor puts a new one in its place
        return None


def _seen(path: str, status: os.stat_result) -> str:
    return f"{path} {status.st_size} {status.st_mtime_ns}"
