"""Planted changes of what visitors do: orders that are no longer placed, carts left, traffic gone.

Each begins on local day `first` and goes on to the end. What is chosen depends on ids alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from delivered_rows import change_events, chosen, events_from, take_out

ZONE = "Europe/Amsterdam"
CHECKOUT = ("begin_checkout", "add_shipping", "add_payment", "checkout_error")
EVERYWHERE = pl.lit(value=True)


def on_device(device: str) -> pl.Expr:
    return pl.col("device_category") == device


def at_site(site: str) -> pl.Expr:
    return pl.col("site") == site


def lose_orders(
    exports: Path, first: date, ratio: float, where: pl.Expr = EVERYWHERE, steps: Sequence[str] = ()
) -> pl.Series:
    """Of visits with an order, this ratio end without one; with `steps`, they do not come so far either.

    The rest of the visit stays: what was in the cart is left there. Returns the orders that were lost.
    """
    bought = _since(events_from(exports, first), first).filter(pl.col("event_type") == "purchase", where)
    bought = bought.filter(pl.col("order_id").is_not_null())
    lost = chosen(bought["order_id"], ratio)
    sessions = bought.filter(pl.col("order_id").is_in(lost.implode()))["native_session_id"]
    take_out(exports, first, lost)
    if steps:
        gone = _of_sessions(sessions) & pl.col("event_type").is_in(steps)
        change_events(exports, first, lambda events: events.filter(~gone))
    return lost


def leave_more_carts(exports: Path, first: date, ratio: float) -> None:
    """Of visits that see a product and no cart, this ratio put it in one and leave it there."""

    def change(events: pl.DataFrame) -> pl.DataFrame:
        has_cart = (pl.col("event_type") == "add_to_cart").any().over("native_session_id")
        seen = events.filter(~has_cart, pl.col("event_type") == "product_view", pl.col("is_bot").is_null())
        seen = _since(seen, first).unique("native_session_id", keep="last", maintain_order=True)
        left = chosen(seen["native_session_id"], ratio)
        return pl.concat([events, _added(seen.filter(_of_sessions(left)))])

    change_events(exports, first, change)


def lose_traffic(exports: Path, first: date, where: pl.Expr) -> None:
    """Visits that came this way come no more, nor do their orders."""
    events = _since(events_from(exports, first), first)
    sessions = events.filter(where)["native_session_id"].unique()
    orders = events.filter(_of_sessions(sessions))["order_id"].drop_nulls().unique()
    take_out(exports, first, orders)
    change_events(exports, first, lambda delivered: delivered.filter(~_of_sessions(sessions)))


def _added(seen: pl.DataFrame) -> pl.DataFrame:
    """The same product, put in the cart twenty seconds later."""
    return seen.with_columns(
        event_id=pl.col("event_id") + "-planted",
        event_at=pl.col("event_at") + timedelta(seconds=20),
        event_type=pl.lit("add_to_cart"),
        quantity=pl.lit(1).cast(seen.schema["quantity"]),
    )


def _of_sessions(sessions: pl.Series) -> pl.Expr:
    return pl.col("native_session_id").is_in(sessions.implode()).fill_null(value=False)


def _since(events: pl.DataFrame, first: date) -> pl.DataFrame:
    """Late rows of the days before are left out."""
    return events.filter(pl.col("event_at").dt.convert_time_zone(ZONE).dt.date() >= first)
