"""Days that can still take a defect, by feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from mandje.errors import MandjeError


class Room:
    """How many defects each day of a feed can still take: `per_day` on its days, none on others."""

    def __init__(self, days: int, open_days: Mapping[str, Iterable[int]], *, per_day: int) -> None:
        self._left = {feed: np.zeros(days, np.int64) for feed in open_days}
        for feed, own in open_days.items():
            self._left[feed][list(own)] = per_day

    def close(self, feed: str, days: Iterable[int]) -> None:
        """Let these days take no more."""
        if feed in self._left:
            self._left[feed][list(days)] = 0

    def take(
        self, defect: str, feeds: Iterable[str], length: int, generator: np.random.Generator
    ) -> tuple[str, int]:
        """The first of the feeds with room for `length` days on end, and the first of such days in it.

        Raises:
            MandjeError: none of the feeds has room.
        """
        for feed in feeds:
            left = self._left[feed]
            fits = np.lib.stride_tricks.sliding_window_view(left, length).min(axis=1) > 0
            days = np.flatnonzero(fits)
            if days.size:
                day = int(days[generator.integers(days.size)])
                left[day : day + length] -= 1
                return feed, day
        raise MandjeError(
            "more defects are to be planted than the days of the simulation hold",
            found=f"no day left for {defect}",
            next_step="simulate more days, or lower the counts under [defects] in simulation.toml",
        )
