"""Rows of totals in reports of advertising cost, and which reports are refused.

A total that is not the sum of the days says that rows are missing: the report is refused whole. Which row is
the account's total its words tell, in many languages; where they do not, it is the greatest of all.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.ads.words import ACCOUNT, TOTAL
from mandje.adapters.refusals import one_each, refused_as, shown

FILE = ("delivery_date", "delivery_file")
KEY = ("day", "campaign")
_COUNTED = ("cost", "clicks", "impressions", "currency_code")


def is_total() -> pl.Expr:
    """Whether a row is one of totals: it has no day, and no campaign either or words of a total."""
    is_campaign = pl.col("campaign").is_not_null() & ~pl.col("campaign").str.contains(TOTAL)
    return pl.col("day").is_null() & (pl.col("total").is_not_null() | ~is_campaign)


def refused_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports that cannot count, in REFUSED_SCHEMA."""
    return one_each([_not_by_day(rows), _untied(rows), _told_twice(rows)])


def _not_by_day(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports with a row that is no total, and not of one day and one campaign."""
    line = pl.col("delivery_line")
    day, campaign = pl.col("day"), pl.col("campaign")
    several = (pl.col("until") != day) if "until" in rows.columns else pl.lit(value=False)
    fault = (
        pl.when(day.is_null())
        .then(pl.format("line {} has a campaign, and no day", line))
        .when(campaign.is_null())
        .then(pl.format("line {} has a day, and no campaign", line))
        .when(several)
        .then(pl.format("line {} tells of more days than one: make the report by day", line))
    )
    found = rows.filter(~is_total()).with_columns(fault.alias("fault")).filter(pl.col("fault").is_not_null())
    first = found.group_by(FILE, maintain_order=True).agg(pl.col("fault").sort_by("delivery_line").first())
    return refused_as(first, "delivery_file", "not_by_day", pl.col("fault"))


def _untied(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports with a total of the account that is not the sum of their days."""
    cost = pl.col("cost")
    label = pl.coalesce("total", pl.when(is_total()).then(pl.col("campaign")))
    marked = rows.with_columns(
        is_total().alias("is_total"), label.str.contains(ACCOUNT).fill_null(value=False).alias("is_account")
    )
    is_last = (
        pl.when(pl.col("is_account").any())
        .then(pl.col("is_account"))
        .otherwise(pl.col("is_total") & (cost == cost.filter("is_total").max()))
    )
    sums = marked.with_columns(
        is_last.over(FILE).alias("is_last"), cost.filter(~pl.col("is_total")).sum().over(FILE).alias("days")
    )
    wrong = sums.filter(pl.col("is_last") & (cost != pl.col("days"))).unique(
        FILE, keep="first", maintain_order=True
    )
    reason = pl.format(
        "its days cost {} together, its total on line {} is {}",
        shown("days"),
        "delivery_line",
        shown("cost"),
    )
    return refused_as(wrong, "delivery_file", "does_not_tie", reason)


def _told_twice(rows: pl.DataFrame) -> pl.DataFrame:
    """Reports of one delivery that tell a day of a campaign otherwise than another does."""
    days = rows.filter(~is_total())
    keys = ("delivery_date", *KEY)
    told = days.group_by(*FILE, *KEY, maintain_order=True).agg(
        pl.col("cost", "clicks", "impressions").sum(), pl.col("currency_code").first()
    )
    differs = pl.struct(_COUNTED).n_unique().over(keys) > 1
    first = told.filter(differs).unique(FILE, keep="first", maintain_order=True)
    reason = pl.format("{} of {} stands in another file of the delivery too, and differs", "day", "campaign")
    return refused_as(first, "delivery_file", "told_twice", reason)
