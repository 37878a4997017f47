"""Days that can come late: chosen once all rows are known, before any is written."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, pairwise

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.defects.held import may_join
from mandje.simulate.defects.nights.classes import LATE
from mandje.simulate.defects.plan import WHOLE_DAYS
from mandje.simulate.world.world import World


class LateDays:
    """Looks at all rows of the last week, block by block, and chooses days of which none would change.

    In that week no delivery is broken or comes again. The last two days are left out, so that what is late
    comes before the last day.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._count = world.settings.nights.late_days
        self._fit = set(range(world.clock.days - WHOLE_DAYS, world.clock.days - 2))

    def look_at(self, feeds: Mapping[str, pl.DataFrame]) -> None:
        """Strike days out that rows of a block forbid; `feeds` are its delivered frames."""
        if self._count:
            for feed, rows in feeds.items():
                recent = rows.filter(pl.col("delivery_day") >= min(self._fit, default=self._world.clock.days))
                self._fit = {day for day in self._fit if may_be_late(feed, recent, day)}

    def chosen(self) -> tuple[int, ...]:
        """As many days as the settings ask for, never two on end; drawn from all that will do.

        Raises:
            MandjeError: there are not as many.
        """
        choices = [
            days
            for days in combinations(sorted(self._fit), self._count)
            if all(later - day > 1 for day, later in pairwise(days))
        ]
        if not choices:
            raise MandjeError(
                "rows of the last week's days cannot come a day late without another outcome",
                found=f"{len(self._fit)} day(s) of which they can",
                expected=f"{self._count}, never two on end",
                next_step=f"simulate with another seed, or set {LATE} lower under [nights]",
            )
        return choices[int(self._world.chance("nights", LATE).integers(len(choices)))]


def may_be_late(feed: str, rows: pl.DataFrame, day: int) -> bool:
    """Whether a day's rows of a feed may lie in the next day's delivery, before its own.

    Their order stays, so that no row wins or loses by it, unless two versions of a document become one. A row
    that was too early for its own delivery could be in time for the next.
    """
    held, today = (rows.filter(pl.col("delivery_day") == each) for each in (day, day + 1))
    is_early = bool((held["outcome"] == "rejected:impossible_date").any())
    return not is_early and may_join(feed, held, today)
