"""Single rows of good deliveries: written twice, held back, or joined by one that must be rejected."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from mandje.simulate.defects.classes import (
    DAMAGED_ROWS,
    EXACT_DUPLICATES,
    FLOAT_IDS,
    LATE_EVENTS,
    LINES_ALONE,
    NEWER,
    OTHER_IDS,
    PLACEHOLDER_IDS,
)
from mandje.simulate.defects.damaged_rows import damaged_row
from mandje.simulate.defects.other_ids import with_other_id
from mandje.simulate.defects.plan import MOST_ROWS, DefectPlan, PlannedRow

_PLACE = "_place"
# What may become of a row that is written twice, late, again, or with another id.
_FIT = {
    EXACT_DUPLICATES: ("kept", "superseded"),
    **dict.fromkeys((LATE_EVENTS, *NEWER, *OTHER_IDS), ("kept",)),
}
_ALSO = {
    LINES_ALONE: pl.len().over("order_id") > 1,
    PLACEHOLDER_IDS: pl.col("customer_id").is_null(),
    FLOAT_IDS: pl.col("customer_id").is_not_null(),
}


@dataclass(slots=True)
class _File:
    """Rows of a file with their place in it: those that nothing was done to, and rows put in their places."""

    rows: pl.DataFrame
    added: list[pl.DataFrame] = field(default_factory=list)

    def choose(self, planned: PlannedRow) -> pl.DataFrame:
        """The row that a defect meets, none that another class has; no row if none will do."""
        good = self.rows.filter(pl.col("defect").is_null())
        if planned.defect in _FIT:
            good = good.filter(pl.col("outcome").is_in(_FIT[planned.defect]))
        if planned.defect in _ALSO:
            good = good.filter(_ALSO[planned.defect])
        return good.slice(planned.choice % max(good.height, 1), 1)

    def drop(self, chosen: pl.DataFrame) -> None:
        self.rows = self.rows.filter(pl.col(_PLACE) != chosen[_PLACE].item())

    def all_rows(self) -> pl.DataFrame:
        return pl.concat([self.rows, *self.added]).sort(_PLACE, maintain_order=True).drop(_PLACE)


class RowBreaker:
    """Breaks rows of one feed as planned; holds late rows until they come."""

    def __init__(self, plan: DefectPlan, feed: str) -> None:
        self._feed = feed
        self._last_day = plan.clock.days - 1
        self._waiting = list(plan.rows.get(feed, ()))
        self._late: list[tuple[int, pl.DataFrame]] = []

    @property
    def is_holding(self) -> bool:
        """Whether late rows are still to come."""
        return bool(self._late)

    def broken(self, day: int, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of a good delivery of that day, broken as planned, with late ones behind them."""
        due = [planned for planned in self._waiting if planned.day <= day]
        if not due:
            return self._with_late(day, rows)
        file = _File(rows.with_columns(pl.int_range(pl.len()).alias(_PLACE)))
        for planned in due[: _room(rows)]:
            if self._is_planted(day, planned, file):
                self._waiting.remove(planned)
        return self._with_late(day, file.all_rows())

    def _is_planted(self, day: int, planned: PlannedRow, file: _File) -> bool:
        """Plant a defect in a file, if any row of it will do."""
        chosen = file.choose(planned)
        comes_later = planned.defect == LATE_EVENTS or planned.defect in NEWER
        if chosen.is_empty() or (comes_later and day == self._last_day):
            return False
        if planned.defect in DAMAGED_ROWS:
            file.added.append(damaged_row(self._feed, chosen, planned))
            return True
        file.drop(chosen)
        marked = chosen.with_columns(defect=pl.lit(planned.defect))
        if planned.defect == EXACT_DUPLICATES:
            file.added += [marked.with_columns(outcome=pl.lit("duplicate")), chosen]
        elif planned.defect in OTHER_IDS:
            file.added.append(with_other_id(marked, planned))
        else:
            self._hold(day, planned, file, marked)
        return True

    def _hold(self, day: int, planned: PlannedRow, file: _File, marked: pl.DataFrame) -> None:
        """Let a row come some days later: itself, or a newer version of one that was delivered."""
        due = min(max(planned.day + planned.days_late, day + 1), self._last_day)
        if planned.defect in NEWER:
            file.added.append(older_version(marked))
            marked = marked.with_columns(pl.col("updated_at") + pl.duration(days=due - day))
        self._late.append((due, marked.drop(_PLACE)))

    def _with_late(self, day: int, rows: pl.DataFrame) -> pl.DataFrame:
        come = [row for due, row in self._late if due <= day]
        self._late = [(due, row) for due, row in self._late if due > day]
        return pl.concat([rows, *(delivered_on(day, row) for row in come)])


def older_version(newer: pl.DataFrame) -> pl.DataFrame:
    """What was delivered before a row: of a line another quantity, of a header the same."""
    other = (pl.col("quantity") + 1,) if "quantity" in newer.columns else ()
    plain = newer.with_columns(*other, defect=pl.lit(None, pl.String), outcome=pl.lit("superseded"))
    return plain.select(newer.columns)


def delivered_on(day: int, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of another day as rows of this one."""
    return rows.with_columns(pl.lit(day, rows.schema["delivery_day"]).alias("delivery_day"))


def _room(rows: pl.DataFrame) -> int:
    """How many broken rows a delivery can take; some may be there already."""
    rejected = rows.select(pl.col("outcome").str.starts_with("rejected:").sum()).item()
    return max(MOST_ROWS - int(rejected), 0)
