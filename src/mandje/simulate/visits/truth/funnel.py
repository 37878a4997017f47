"""The truth of the funnel: which steps a session takes, and how many of them one after the other."""

from __future__ import annotations

import polars as pl

from mandje.simulate.visits.behaviour.steps import (
    ADD,
    ADD_PAYMENT,
    ADD_SHIPPING,
    BEGIN_CHECKOUT,
    PRODUCT_VIEW,
    PURCHASE,
)

# After the session itself.
FUNNEL = {
    "product_view": PRODUCT_VIEW,
    "add_to_cart": ADD,
    "begin_checkout": BEGIN_CHECKOUT,
    "add_shipping": ADD_SHIPPING,
    "add_payment": ADD_PAYMENT,
    "purchase": PURCHASE,
}


def funnel_flags() -> list[pl.Expr]:
    """`has_<step>` of each session, aggregated from its steps: the open funnel."""
    return [(pl.col("event_type") == code).any().alias(f"has_{name}") for name, code in FUNNEL.items()]


def closed_steps(steps: pl.DataFrame) -> pl.DataFrame:
    """How far each session goes in the closed funnel: visit, closed_step_count (1 = the session alone).

    A step counts if it happens after a way through all earlier ones; `steps` has visit, event_type, nth.
    """
    visits = steps.select(pl.col("visit").unique(maintain_order=True))
    # The earliest end of a way so far, by position in the session.
    ways = visits.with_columns(way=pl.lit(-1, pl.Int64))
    reached = visits.with_columns(closed_step_count=pl.lit(1, pl.Int64))
    for number, code in enumerate(FUNNEL.values(), start=2):
        own = steps.lazy().filter(pl.col("event_type") == code).select("visit", "nth")
        after = own.join(ways.lazy(), on="visit", how="inner").filter(pl.col("nth") > pl.col("way"))
        ways = after.group_by("visit").agg(pl.col("nth").min().alias("way")).collect()
        gets_there = pl.col("visit").is_in(ways["visit"].implode())
        reached = reached.with_columns(
            closed_step_count=pl.when(gets_there).then(number).otherwise("closed_step_count")
        )
    return reached.cast({"closed_step_count": pl.Int64})
