"""Where a visitor came from: the most settled of the places that tell it, taken whole."""

from __future__ import annotations

import polars as pl

from mandje.adapters.ga4.addresses import GOOGLE_ADS
from mandje.adapters.ga4.words import told

_PLACES = ("crossed", "manual", "collected", "event")
_WHAT = ("source", "medium", "campaign")
_TOLD = tuple(f"{place}_{what}" for place in _PLACES for what in _WHAT)
_KEYWORDS = tuple(f"{place}_keyword" for place in _PLACES[1:])
# GA4 takes a click on an ad for an unpaid one where it knows no more than the referrer.
_UNPAID = ("organic", "(none)")
_UNPAID_CAMPAIGN = "(organic)"


def with_traffic(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows, which have `click_id_type`, with `source`, `medium`, `campaign` and `keyword`."""
    what_is_told = rows.with_columns(told(name).alias(name) for name in (*_TOLD, *_KEYWORDS))
    found = what_is_told.with_columns(_place().alias("told_by")).with_columns(
        *(_of_place(what).alias(what) for what in _WHAT), pl.coalesce(_KEYWORDS).alias("keyword")
    )
    is_paid = pl.col("click_id_type").is_in(GOOGLE_ADS)
    is_unpaid = pl.col("medium").is_null() | pl.col("medium").is_in(_UNPAID)
    is_wrong = (is_paid & is_unpaid).fill_null(value=False)
    return found.with_columns(
        pl.when(is_wrong).then(pl.lit("google")).otherwise("source").alias("source"),
        pl.when(is_wrong).then(pl.lit("cpc")).otherwise("medium").alias("medium"),
        pl.when(~is_wrong | (pl.col("campaign") != _UNPAID_CAMPAIGN)).then("campaign").alias("campaign"),
    )


def _place() -> pl.Expr:
    """The first place that names a source or a medium."""
    return pl.coalesce(
        pl.when(pl.col(f"{place}_source").is_not_null() | pl.col(f"{place}_medium").is_not_null()).then(
            pl.lit(place)
        )
        for place in _PLACES
    )


def _of_place(what: str) -> pl.Expr:
    return pl.coalesce(pl.when(pl.col("told_by") == place).then(f"{place}_{what}") for place in _PLACES)
