"""Visits and carts by site and local day, of people: no robots, no staff."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from mandje.simulate.visits.truth.carts import STATES
from mandje.simulate.visits.truth.funnel import FUNNEL
from mandje.simulate.world.sites import ALL_SITES, SITES

_DAY = ["site", "visit_date"]


def daily_visits(sessions: pl.DataFrame, carts: pl.DataFrame) -> pl.DataFrame:
    """A block's counts per site and `(all)`, on the day on which a session started or a cart was opened.

    Visitors belong to one block, so counts of blocks may be added up.

    Args:
        sessions: see `session_truth`.
        carts: see `cart_truth`.

    Returns:
        site, visit_date; session_count, visitor_count, engaged_session_count, order_session_count,
        page_view_count, product_view_count; open_<step>_count and closed_<step>_count, sessions that took a
        step of the funnel, and after all earlier steps; <state>_cart_count.
    """
    people = sessions.filter(~pl.col("is_bot"), ~pl.col("is_internal"))
    seen = people.with_columns(pl.col("site").cast(pl.String), pl.col("started_date").alias("visit_date"))
    opened = carts.with_columns(pl.col("site").cast(pl.String), _opened_date().alias("visit_date"))
    parts = [
        _by_day(everywhere(seen), _visit_sums()).join(
            _by_day(everywhere(opened), _cart_sums()), on=_DAY, how="full", coalesce=True
        )
        for everywhere in (_as_it_is, _all_sites)
    ]
    return pl.concat(parts).fill_null(0).sort(_DAY)


def add_up_visits(days: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The counts of all blocks together, by site and day."""
    return pl.concat(days).group_by(_DAY).agg(pl.exclude(_DAY).sum()).sort(_DAY)


def visit_ratios(days: pl.DataFrame) -> dict[str, float | int]:
    """Counts of all days and sites, and the ratios that the market publishes, to six digits.

    Visitors are not added up: the same come on several days.
    """
    everywhere = days.filter(pl.col("site") == ALL_SITES).drop(*_DAY, "visitor_count")
    sums = everywhere.sum().row(0, named=True)
    sessions, steps = sums["session_count"], [sums[f"open_{step}_count"] for step in FUNNEL]
    ended = sum(sums[f"{state}_cart_count"] for state in ("ordered", "recovered", "abandoned"))
    ratios = {
        "bounce_ratio": (sessions - sums["engaged_session_count"], sessions),
        "conversion_ratio": (sums["order_session_count"], sessions),
        "cart_abandonment_ratio": (sums["abandoned_cart_count"], ended),
        **{
            f"{step}_ratio_to_previous": (count, before)
            for step, count, before in zip(FUNNEL, steps, [sessions, *steps], strict=False)
        },
    }
    return sums | {name: round(part / whole, 6) for name, (part, whole) in ratios.items() if whole}


def _as_it_is(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def _all_sites(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.lit(ALL_SITES).alias("site"))


def _by_day(rows: pl.DataFrame, sums: list[pl.Expr]) -> pl.DataFrame:
    return rows.group_by(_DAY).agg(one.cast(pl.Int64) for one in sums)


def _visit_sums() -> list[pl.Expr]:
    closed = [
        (pl.col("closed_step_count") >= number).sum().alias(f"closed_{step}_count")
        for number, step in enumerate(FUNNEL, start=2)
    ]
    return [
        pl.len().alias("session_count"),
        pl.col("visitor_id").n_unique().alias("visitor_count"),
        pl.col("is_engaged").sum().alias("engaged_session_count"),
        pl.col("order_id").is_not_null().sum().alias("order_session_count"),
        pl.col("page_view_count", "product_view_count").sum(),
        *(pl.col(f"has_{step}").sum().alias(f"open_{step}_count") for step in FUNNEL),
        *closed,
    ]


def _cart_sums() -> list[pl.Expr]:
    return [(pl.col("state") == state).sum().alias(f"{state}_cart_count") for state in STATES]


def _opened_date() -> pl.Expr:
    local = [
        pl.when(pl.col("site") == site.name).then(
            pl.col("opened_at").dt.convert_time_zone(site.time_zone).dt.date()
        )
        for site in SITES
    ]
    return pl.coalesce(local)
