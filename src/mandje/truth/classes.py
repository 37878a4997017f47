"""Planted defects by class: how many the settings ask for, how many there are, and what was found of them."""

from __future__ import annotations

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.truth_files import DEFECTS, SUMMARY
from mandje.truth.counts import CELL
from mandje.truth.files import Truth

_OF_DELIVERIES = "^(loaded|empty|missing|refused:.*)$"
# An event's id is its session's times this, and its place in the session.
_EVENTS_PER_SESSION = 4096


def classes(truth: Truth, cells: pl.DataFrame) -> pl.DataFrame:
    """Every class that the settings know: class, set, planted, rows, found, missed, extra.

    `set` and `planted` count instances: orders or returns, visits, rows, deliveries. `rows` and what follows
    count rows, and a delivery as a whole as 1. `cells`: what was expected and found of every feed, delivery
    date and outcome. What a cell lacks is missed by every class with rows in it, what it has too much is
    extra to each. A class is found where all its cells are equal.

    Raises:
        MandjeError: a class that the settings do not know, or more of one than they ask for.
    """
    defects = truth.frame(DEFECTS)
    wanted = [pair for group in truth.defects_set.values() for pair in group.items()]
    asked = pl.DataFrame(wanted, {"class": pl.String(), "set": pl.Int64()}, orient="row")
    planted = asked.join(_instances(truth, defects), on="class", how="full", coalesce=True)
    found = planted.join(_found(defects, cells), on="class", how="left").with_columns(
        pl.all().exclude("class").fill_null(0)
    )
    over = found.filter(pl.col("planted") > pl.col("set"))
    if over.height:
        raise MandjeError(
            "the truth has other defects than its settings ask for",
            file=str(truth.folder / SUMMARY),
            found=", ".join(over["class"].sort()),
        )
    return found.sort("class")


def fewer_than_set(table: pl.DataFrame) -> str | None:
    """One sentence on the classes of which the simulated days did not hold what the settings ask for."""
    few = table.filter(pl.col("planted") < pl.col("set"))
    if few.is_empty():
        return None
    counts = few.select("class", "set", "planted").iter_rows()
    told = ", ".join(f"{name} {planted} of {asked}" for name, asked, planted in counts)
    return f"fewer than set, the days hold no more: {told}"


def _instances(truth: Truth, defects: pl.DataFrame) -> pl.DataFrame:
    """class, planted. Of orders and returns every row is listed, of a visit every event: documents count."""
    sales, visits = truth.defects_set["sales"], truth.defects_set["visits"]
    of_sale, of_visit = pl.col("class").is_in(list(sales)), pl.col("class").is_in(list(visits))
    is_return = pl.col("class").str.contains("return")
    document = pl.when(is_return).then(pl.lit("returns")).otherwise(pl.lit("orders"))
    session = pl.col("key").str.slice(1).cast(pl.Int64, strict=False) // _EVENTS_PER_SESSION
    ids = pl.when(of_visit).then(session.cast(pl.String)).otherwise("key")
    is_document = of_visit | (of_sale & (pl.col("feed") == document))
    by_class = defects.with_columns(ids.alias("id"), is_document=is_document).group_by("class")
    counted = by_class.agg(
        pl.col("id").filter("is_document").n_unique().alias("documents"),
        pl.len().cast(pl.Int64).alias("instances"),
    )
    planted = pl.when(of_sale | of_visit).then("documents").otherwise("instances").cast(pl.Int64)
    return counted.select("class", planted.alias("planted"))


def _found(defects: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    is_delivery = pl.col("outcome").str.contains(_OF_DELIVERIES)
    count = pl.when(is_delivery).then(1).otherwise("row_count").sum()
    beside = (
        defects.group_by("class", *CELL)
        .agg(count.alias("rows"))
        .join(cells, on=CELL, how="left")
        .with_columns(pl.col("row_count", "found_count").fill_null(0))
    )
    # A class that plants more than its cell should hold contradicts the rest of the truth: missed as well.
    short = pl.max_horizontal("row_count", "rows") - pl.col("found_count")
    missed = pl.min_horizontal(short.clip(lower_bound=0), "rows")
    return beside.group_by("class").agg(
        pl.col("rows").sum(),
        (pl.col("rows") - missed).sum().alias("found"),
        missed.sum().alias("missed"),
        (pl.col("found_count") - pl.col("row_count")).clip(lower_bound=0).sum().alias("extra"),
    )
