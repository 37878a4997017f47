"""Results of what was sent back as returns, with accounts of every row.

bol does not tell what was given back: a return is priced later, by what its order took for the product, which
it names by its EAN. A line's number is the place of its result among all results of the return.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import account
from mandje.adapters.bol.tables import RETURN_ITEMS, RETURN_RESULTS
from mandje.adapters.bol.words import (
    CONTAINER,
    LOST,
    NOT_HANDLED,
    REPEATED,
    STILL_RECEIVED,
    result_destination,
)
from mandje.adapters.feed_frames import feed_frame, with_money

INSTANCE = ("delivery_date", "delivery_file", "delivery_line", "return_id")
DOCUMENT = ("delivery_date", "return_id")


def map_returns(
    given: Mapping[str, pl.DataFrame], site: str, currency: str
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame]]:
    """Feed `returns`, and the accounts of items sent back and of their results."""
    newest = _newest(given)
    items = _items(given[RETURN_ITEMS.name].join(newest, on=INSTANCE, how="left", maintain_order="left"))
    results = _results(
        given[RETURN_RESULTS.name].join(newest, on=INSTANCE, how="left", maintain_order="left")
    )
    back = results.filter(pl.col("destination") == "returns")
    accounts = [account(items, RETURN_ITEMS.name), account(results, RETURN_RESULTS.name)]
    return {"returns": _returns(back, site, currency)}, accounts


def _newest(given: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Each return as told, with `is_newest`: of one told twice the one decided on last, then the last."""
    decided = given[RETURN_RESULTS.name].select(*INSTANCE, "processed_at")
    told = given[RETURN_ITEMS.name].select(
        *INSTANCE, processed_at=pl.lit(None, decided["processed_at"].dtype)
    )
    each = pl.concat([decided, told]).group_by(INSTANCE).agg(pl.col("processed_at").max())
    ordered = each.sort("processed_at", "delivery_file", "delivery_line", nulls_last=False)
    return ordered.select(*INSTANCE, is_newest=pl.struct(DOCUMENT).is_last_distinct())


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    has_results = pl.col("results").fill_null("") != ""
    destination = (
        pl.when(~pl.col("is_newest"))
        .then(pl.lit(REPEATED))
        .when(has_results)
        .then(pl.lit(CONTAINER))
        .otherwise(pl.lit(NOT_HANDLED))
    )
    return with_money(rows.with_columns(destination.alias("destination")), RETURN_ITEMS)


def _results(rows: pl.DataFrame) -> pl.DataFrame:
    """Results with `line_number` and `destination`; what was lost and found again is given back once."""
    place = [pl.col("delivery_part").str.extract(rf"{part}\[(\d+)\]").cast(pl.Int64) for part in _PARTS]
    was_lost = (pl.col("handling") == LOST).any().over(*INSTANCE, "rma_id")
    named = rows.with_columns(
        pl.struct(*(one.alias(name) for one, name in zip(place, _PARTS, strict=True))).alias("place"),
        (was_lost & (pl.col("handling") == STILL_RECEIVED)).alias("is_found_again"),
    )
    destination = pl.when("is_newest").then(result_destination()).otherwise(pl.lit(REPEATED))
    numbered = named.with_columns(
        pl.col("place").rank("dense").over(INSTANCE).cast(pl.Int64).alias("line_number"),
        destination.alias("destination"),
    )
    return with_money(numbered, RETURN_RESULTS)


_PARTS = ("returnItems", "processingResults")


def _returns(back: pl.DataFrame, site: str, currency: str) -> pl.DataFrame:
    return feed_frame(
        "returns",
        back,
        {
            "return_id": pl.col("return_id"),
            "line_number": pl.col("line_number"),
            "order_id": pl.col("order_id"),
            "site": pl.lit(site),
            "product_id": pl.col("ean"),
            "returned_at": pl.col("processed_at"),
            "quantity": pl.col("quantity"),
            "currency_code": pl.lit(currency),
            "reason": pl.col("main_reason"),
        },
    )
