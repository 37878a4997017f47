"""Planted defects by class: how many the settings ask for, how many there are, and what was found of them."""

from __future__ import annotations

from datetime import date

import polars as pl

from mandje.errors import MandjeError
from mandje.simulate.defects.nights.classes import OF_DAYS, is_of_last_night
from mandje.simulate.truth_files import DEFECTS, SUMMARY
from mandje.truth.counts import CELL
from mandje.truth.tables.files import Truth

_OF_DELIVERIES = pl.col("outcome").str.contains("^(loaded|empty|missing|refused:.*)$")
_OF_REJECTED = pl.col("outcome").str.starts_with("rejected:")
_OF_NIGHTS = is_of_last_night(pl.col("outcome"))
# An event's id is its session's times this, and its place in the session.
_EVENTS_PER_SESSION = 4096


def classes(truth: Truth, cells: pl.DataFrame) -> pl.DataFrame:
    """Every class that the settings know: class, set, planted, rows, found, missed, extra.

    `set` and `planted` count instances: orders or returns, visits, rows, deliveries. `rows` and what follows
    count rows, and a delivery or a night as a whole as 1. `cells`: what was expected and found of every feed,
    delivery date and outcome. What a cell lacks is missed by every class with rows in it, what it has too
    much is extra to each. A class is found where all its cells are equal.

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


def loaded_classes(truth: Truth, cells: pl.DataFrame, until: date) -> pl.DataFrame:
    """The classes (see `classes`) of which all is known where nothing is published.

    Those of nights, and those whose rows are rejected, or whose deliveries are not as others, up to the day
    that is loaded. What becomes of other rows only a whole build tells.

    Raises:
        MandjeError: see `classes`.
    """
    is_known = _OF_NIGHTS | ((_OF_DELIVERIES | _OF_REJECTED) & (pl.col("delivery_date") <= until))
    unknown = truth.frame(DEFECTS).filter(~is_known)
    return classes(truth, cells).join(unknown, on="class", how="anti").sort("class")


def fewer_than_set(table: pl.DataFrame) -> str | None:
    """One sentence on the classes of which the simulated days did not hold what the settings ask for."""
    few = table.filter(pl.col("planted") < pl.col("set"))
    if few.is_empty():
        return None
    counts = few.select("class", "set", "planted").iter_rows()
    told = ", ".join(f"{name} {planted} of {asked}" for name, asked, planted in counts)
    return f"fewer than set, the days hold no more: {told}"


def _instances(truth: Truth, defects: pl.DataFrame) -> pl.DataFrame:
    """class, planted. Of orders and returns every row is listed, of a visit every event: documents count.

    Of a day that is not as others every feed is listed: days count.
    """
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
        pl.col("delivery_date").n_unique().alias("days"),
    )
    of_day = pl.col("class").is_in(OF_DAYS)
    whole = pl.when(of_day).then("days").otherwise("instances")
    planted = pl.when(of_sale | of_visit).then("documents").otherwise(whole).cast(pl.Int64)
    return counted.select("class", planted.alias("planted"))


def _found(defects: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    count = pl.when(_OF_DELIVERIES | _OF_NIGHTS).then(1).otherwise("row_count").sum()
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
