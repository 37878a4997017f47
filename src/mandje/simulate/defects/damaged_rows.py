"""Rows that must be rejected: a copy of a good row, under a key of its own, with one broken cell."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.simulate.defects.classes import DAMAGED_ROWS, Damage
from mandje.simulate.defects.plan import PlannedRow

# Ids of damaged rows count down from the last that has the digits of its kind: nothing else comes near.
LAST_IDS = {
    "order_id": 10**16 - 1,
    "return_id": 10**18 - 1,
    "event_id": 10**16 - 1,
    "customer_id": 10**7 - 1,
    "product_id": 10**6 - 1,
    "contact_id": 10**18 - 1,
    "message_id": 10**18 - 1,
}
# Before any web shop, and after any delivery.
IMPOSSIBLE_TIMES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC))


def damaged_row(feed: str, good: pl.DataFrame, planned: PlannedRow) -> pl.DataFrame:
    """The one row of `good` as a row that breaks the rule of its class and that no other row belongs to."""
    rows = DAMAGED_ROWS[planned.defect]
    own = {
        name: pl.lit(LAST_IDS[name] - planned.number, good.schema[name])
        for name in FEEDS[feed].key
        if name in LAST_IDS
    }
    cell = _cell(rows.damages[feed], good, planned)
    marks = {"outcome": pl.lit(f"rejected:{rows.rule}"), "defect": pl.lit(planned.defect)}
    return good.with_columns(**(own | cell | marks))


def _cell(damage: Damage, good: pl.DataFrame, planned: PlannedRow) -> dict[str, pl.Expr]:
    kind = good.schema[damage.column]
    if damage.change == "text":
        return {"damage_column": pl.lit(damage.column), "damage_text": pl.lit(damage.text)}
    if damage.change == "negative":
        less = -(pl.col(damage.column).fill_null(0).abs() + 1)
        return {damage.column: less.cast(kind)}
    if damage.change == "other_time":
        time = IMPOSSIBLE_TIMES[planned.choice % len(IMPOSSIBLE_TIMES)]
        return {damage.column: pl.lit(time, kind)}
    return {damage.column: pl.lit(None, kind)}
