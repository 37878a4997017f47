"""What became of delivered rows and deliveries, beside what must become of them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date

import polars as pl

from mandje.ingest.discover import days_between
from mandje.ingest.exports.deliveries import list_source
from mandje.ingest.store.partitions import current_states
from mandje.ingest.store.quarantine import refused_in
from mandje.shop.settings import Shop
from mandje.simulate.truth_files import DEFECTS, DELIVERY_OUTCOMES, ROW_OUTCOMES
from mandje.truth.tables.cells import Compared, compare_counts, compare_rows
from mandje.truth.tables.files import Truth
from mandje.warehouse.outcomes import OUTCOME_SCHEMA, read_row_outcomes

CELL = ["feed", "delivery_date", "outcome"]
_DELIVERY = {"feed": pl.String(), "delivery_date": pl.Date(), "outcome": pl.String()}
_REJECTED = "rejected:"


def compare_row_outcomes(shop: Shop, truth: Truth, rejected: pl.DataFrame) -> tuple[Compared, pl.DataFrame]:
    """Rows per feed, delivery date and outcome, as `int_row_outcomes` names them, or rejected:<rule>.

    `rejected`: the shop's rejected rows (see `ingest.accounts.rejects`).

    Returns:
        What came of it, and all cells (see `compare_counts`).
    """
    expected = _counted(truth.frame(ROW_OUTCOMES))
    kept = read_row_outcomes(shop)
    built = pl.DataFrame(schema=OUTCOME_SCHEMA) if kept is None else kept
    found = pl.concat([built.select(*CELL, "row_count"), _one_each(rejected)])
    return compare_counts("row_outcomes", CELL, expected, _counted(found))


def compare_rejected_counts(truth: Truth, rejected: pl.DataFrame, until: date) -> pl.DataFrame:
    """Cells (see `compare_counts`) of rejected rows alone, in deliveries up to a day."""
    is_meant = pl.col("outcome").str.starts_with(_REJECTED) & (pl.col("delivery_date") <= until)
    expected = truth.frame(ROW_OUTCOMES).filter(is_meant)
    return compare_counts("", CELL, _counted(expected), _counted(_one_each(rejected)))[1]


def _one_each(rejected: pl.DataFrame) -> pl.DataFrame:
    return rejected.select(
        pl.col("table_name").alias("feed"),
        "delivery_date",
        (_REJECTED + pl.col("rule")).alias("outcome"),
        pl.lit(1, pl.Int64).alias("row_count"),
    )


def _counted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by(CELL).agg(pl.col("row_count").sum())


def compare_deliveries(shop: Shop, truth: Truth, until: date) -> tuple[Compared, pl.DataFrame]:
    """Deliveries up to a day: loaded, empty (no row), refused:<reason>, and missing.

    A delivery is missing on a day without a folder between a feed's first and last.

    Returns:
        What came of it, and a cell per delivery (see `compare_counts`): 1 where expected, 1 where found.
    """
    expected, found = (
        deliveries.filter(pl.col("delivery_date") <= until)
        for deliveries in (truth.frame(DELIVERY_OUTCOMES).select(CELL), found_deliveries(shop))
    )
    one = pl.lit(1, pl.Int64).alias("row_count")
    cells = compare_counts("", CELL, expected.with_columns(one), found.with_columns(one))[1]
    return compare_rows("delivery_outcomes", CELL[:2], expected, found), cells


def found_deliveries(shop: Shop) -> pl.DataFrame:
    """feed, delivery_date, outcome of every delivery, and of days without one."""
    states = current_states(shop)
    loaded = [
        (source, day, "loaded" if state.feeds or state.rejected_rows else "empty")
        for source, days in states.items()
        for day, state in days.items()
        if state.status == "accepted"
    ]
    refused = [
        (one.source, date.fromisoformat(one.delivery_date), f"refused:{one.reason}")
        for one in refused_in(shop, states)
    ]
    without = [row for source, known in states.items() for row in _without_files(shop, source, known)]
    return pl.DataFrame([*loaded, *refused, *without], schema=_DELIVERY, orient="row")


def _without_files(shop: Shop, source: str, known: Container[date]) -> Iterator[tuple[str, date, str]]:
    folders = list_source(shop, source).folders
    yield from ((source, day, "without a file") for day in folders if day not in known)
    yield from ((source, day, "missing") for day in days_between(list(folders)))


def compare_rejected(truth: Truth, rejected: pl.DataFrame, until: date) -> Compared:
    """Rows of deliveries up to a day that must be rejected, and the shop's `rejected` ones.

    By feed, delivery, file, line and rule.
    """
    keys = ["feed", "delivery_date", "file", "line", "rule"]
    rule = pl.col("outcome").str.strip_prefix(_REJECTED).alias("rule")
    is_meant = pl.col("outcome").str.starts_with(_REJECTED) & (pl.col("delivery_date") <= until)
    planted = truth.frame(DEFECTS).filter(is_meant)
    expected = planted.with_columns(rule).group_by(keys).agg(pl.col("row_count").sum())
    rows = rejected.rename({"table_name": "feed", "delivery_file": "file", "delivery_line": "line"})
    found = rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias("row_count"))
    return compare_counts("rejected_rows", keys, expected, found)[0]
