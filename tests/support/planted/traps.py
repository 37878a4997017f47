"""What looks like a change and is none, or another one: it may not be named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from changed_money import best_seller, gross, send_back
from delivered_rows import change_events, change_lines, change_rows, rows_from, take_away

Trap = Callable[[Path, date, date], object]


def send_back_what_hardly_sells(exports: Path, first: date, last: date) -> str:
    """A product of which two were sold in the last weeks: both come back."""
    lines = rows_from(exports, "order_lines", first - timedelta(days=12)).unique(("order_id", "line_number"))
    sold = lines.group_by("product_id").len().filter(pl.col("len") == 2).sort("product_id")
    product: str = sold["product_id"][0]
    send_back(exports, first, last, product, 1.0)
    return product


def sell_at_a_loss(exports: Path, first: date, _: date) -> str:
    """The best seller loses money before any of it comes back: 43 % off."""
    product = best_seller(exports, first)
    is_it = pl.col("product_id") == product
    off = (0.43 * gross()).round(2)
    before = pl.col("discount_amount").cast(pl.Float64, strict=False)
    lines = rows_from(exports, "order_lines", first).unique(("order_id", "line_number"), keep="last")
    taken = lines.filter(is_it).group_by("order_id").agg((off - before).sum().alias("taken"))
    discount = pl.when(is_it).then(off.cast(pl.String)).otherwise("discount_amount")
    change_rows(exports, "order_lines", first, lambda rows: rows.with_columns(discount_amount=discount))
    change_rows(exports, "orders", first, lambda rows: _less(rows, taken))
    return product


def sell_a_new_product(exports: Path, first: date, _: date) -> str:
    """The best seller has a successor under a new id: it has no history, and comes back as before."""
    product = best_seller(exports, first)
    successor = "p9" + product[2:]
    sold = rows_from(exports, "order_lines", first).filter(pl.col("product_id") == product)["order_id"]
    for feed in ("order_lines", "returns"):
        change_lines(exports, feed, first, lambda lines: _renamed(lines, sold, product, successor))
    seen = pl.when(pl.col("product_id") == product).then(pl.lit(successor)).otherwise("product_id")
    change_events(exports, first, lambda events: events.with_columns(product_id=seen))
    return successor


def lose_days_of_visits(exports: Path, _: date, last: date) -> None:
    """Three days ago, and two before it, the deliveries of visits never came."""
    for days in (3, 5):
        take_away(exports, "session_events", last - timedelta(days=days))


TRAPS: Mapping[str, Trap] = {
    "hardly_sells": send_back_what_hardly_sells,
    "at_a_loss": sell_at_a_loss,
    "new_product": sell_a_new_product,
    "days_without_visits": lose_days_of_visits,
}


def _less(orders: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """Totals less what was taken off the lines; tax stays."""
    total = pl.col("total_amount").cast(pl.Float64, strict=False) - pl.col("taken")
    joined = orders.join(taken, on="order_id", how="left", maintain_order="left")
    less = pl.when(total.is_not_null()).then(total.round(2).cast(pl.String)).otherwise("total_amount")
    return joined.with_columns(total_amount=less).drop("taken")


def _renamed(lines: pl.Series, sold: pl.Series, product: str, successor: str) -> pl.Series:
    if sold.is_empty():
        return lines
    frame = lines.to_frame("line")
    is_of = pl.col("line").str.contains_any(sold.to_list())
    renamed = pl.col("line").str.replace(product, successor, literal=True)
    return frame.select(pl.when(is_of).then(renamed).otherwise("line").alias("line"))["line"]
