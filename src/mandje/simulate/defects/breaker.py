"""One feed's rows, day by day, as the files that are delivered: with everything planted in them."""

from __future__ import annotations

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.defects.classes import JOINED, WRITTEN_DAILY
from mandje.simulate.defects.held import Held, broken_files, is_fit, may_join
from mandje.simulate.defects.plan import WHOLE_DAYS, DefectPlan, PlannedDelivery
from mandje.simulate.defects.row_breaker import RowBreaker, delivered_on
from mandje.simulate.deliver.broken_file import DAMAGE, BrokenFile


class FeedBreaker:
    """Breaks the deliveries of one feed as planned; holds the rows of at most one of them at a time."""

    def __init__(self, plan: DefectPlan, feed: str) -> None:
        self._plan = plan
        self._feed = feed
        self._rows = RowBreaker(plan, feed)
        self._deliveries = list(plan.deliveries.get(feed, ()))
        self._held: Held | None = None
        self._last_again = plan.clock.days - WHOLE_DAYS - 1

    def files(self, day: int, rows: pl.DataFrame) -> list[BrokenFile]:
        """The files of a day from its rows, a delivered frame in the order of the file.

        To be called for every day, in order, with or without rows. No file means no folder.

        Raises:
            MandjeError: the last day ends and rows that must come again did not.
        """
        whole = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in DAMAGE.items())
        if self._held is not None and day >= self._held.due and may_join(self._feed, self._held.rows, whole):
            files = self._come_again(day, whole, self._held)
        elif (planned := self._due(day, whole)) is not None:
            files = self._break(day, whole, planned)
        else:
            files = self._whole(self._rows.broken(day, whole))
        if day == self._plan.clock.days - 1:
            self._check_end()
        return files

    def _due(self, day: int, rows: pl.DataFrame) -> PlannedDelivery | None:
        """The first that waits for a delivery like this, and can come again before the last, whole ones."""
        if self._held is not None or day >= self._last_again:
            return None
        waiting = (one for one in self._deliveries if one.day <= day)
        return next((one for one in waiting if is_fit(self._feed, one.defect, rows)), None)

    def _break(self, day: int, rows: pl.DataFrame, planned: PlannedDelivery) -> list[BrokenFile]:
        self._deliveries.remove(planned)
        self._held = Held(planned.defect, day, min(day + planned.delay, self._last_again), rows)
        return broken_files(planned.defect, rows)

    def _come_again(self, day: int, rows: pl.DataFrame, held: Held) -> list[BrokenFile]:
        """Rows of an empty or a missing delivery lie before the day's own, others in a file of theirs."""
        self._held = None
        planted, again = (held.planted(day),), delivered_on(day, held.rows)
        if held.defect in JOINED:
            return [BrokenFile("", pl.concat([again, rows]), planted=planted)]
        suffix = self._plan.clock.date_of(held.day).isoformat()
        return [*self._whole(rows), BrokenFile(suffix, again, planted=planted)]

    def _whole(self, rows: pl.DataFrame) -> list[BrokenFile]:
        return [BrokenFile("", rows)] if rows.height or self._feed in WRITTEN_DAILY else []

    def _check_end(self) -> None:
        if self._held is not None or self._rows.is_holding:
            raise MandjeError(
                f"rows of {self._feed} that were held back found no day to come again",
                next_step="simulate with another seed, or lower the counts under [defects]",
            )
