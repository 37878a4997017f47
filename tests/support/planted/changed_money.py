"""Planted changes of money: a product that begins to come back, dearer advertising, smaller orders."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from delivered_rows import add_lines, change_events, change_rows, chosen, rows_from
from lost_orders import ZONE

FASTEST_DAYS, SLOWEST_DAYS = 5, 12
_AMOUNTS = {
    "orders": ("discount_amount", "shipping_amount", "other_charges_amount", "tax_amount", "total_amount"),
    "order_lines": ("unit_price_amount", "gross_amount", "discount_amount"),
    "payments": ("amount",),
}
_TIMES = "%Y-%m-%dT%H:%M:%S%.fZ"
_EXACT = pl.Decimal(18, 4)


def best_seller(exports: Path, first: date, rank: int = 1) -> str:
    """The product with the most units in the 90 days before; `rank` 2: the one after it."""
    lines = rows_from(exports, "order_lines", first - timedelta(days=90))
    sold = lines.group_by("product_id").agg(pl.col("quantity").cast(pl.Int64, strict=False).sum())
    product: str = sold.sort("quantity", "product_id", descending=True)["product_id"][rank - 1]
    return product


def send_back(exports: Path, first: date, last: date, product: str, ratio: float) -> int:
    """From `first` on this ratio of the product's lines comes back, 5 to 12 days after each was ordered.

    Lines ordered up to 12 days before count too: a bad batch is on its way when the first of it comes back.
    Returns the number of returns that were added.
    """
    back = _to_come_back(exports, first, last, product, ratio)
    for (day,), rows in back.partition_by("returned_date", as_dict=True, include_key=False).items():
        add_lines(exports, "returns", day, "returns_planted.jsonl", rows)
    return back.height


def raise_cost(exports: Path, first: date, factor: float, where: pl.Expr) -> None:
    """Spend of these rows of `ad_spend` is this many times what it was; clicks stay."""
    cost = pl.col("cost_amount").cast(pl.Float64, strict=False) * factor
    dearer = pl.when(where & cost.is_not_null()).then(cost.round(2).cast(pl.String)).otherwise("cost_amount")
    change_rows(exports, "ad_spend", first, lambda rows: rows.with_columns(cost_amount=dearer))


def halve_orders(exports: Path, first: date) -> None:
    """Everything costs half: orders placed from `first` on, their lines, payments and purchase events."""
    orders = rows_from(exports, "orders", first)
    placed = orders.filter(_local_day("ordered_at") >= first)["order_id"].unique()
    for feed, amounts in _AMOUNTS.items():
        halves = [_half(name, placed) for name in amounts]
        change_rows(exports, feed, first, lambda rows, halves=halves: rows.with_columns(halves))
    value = pl.col("value_amount")
    half = pl.when(_is_of(placed)).then((value / 2).cast(_EXACT)).otherwise(value).alias("value_amount")
    change_events(exports, first, lambda events: events.with_columns(half))


def gross() -> pl.Expr:
    """A line's price before discounts, however the shop says it."""
    by_unit = _number("quantity") * _number("unit_price_amount")
    return _number("gross_amount").fill_null(by_unit)


def _to_come_back(exports: Path, first: date, last: date, product: str, ratio: float) -> pl.DataFrame:
    since = first - timedelta(days=SLOWEST_DAYS)
    orders = rows_from(exports, "orders", since).filter(pl.col("status").is_in(("paid", "fulfilled")))
    orders = orders.unique("order_id", keep="last", maintain_order=True).select(
        "order_id", "ordered_at", "site", "tax_amount", "total_amount"
    )
    lines = rows_from(exports, "order_lines", since).filter(pl.col("product_id") == product)
    lines = lines.unique(("order_id", "line_number"), keep="last", maintain_order=True)
    sold = lines.filter(pl.col("order_id").is_in(chosen(lines["order_id"], ratio).implode()))
    return _return_rows(sold.join(orders, on="order_id", maintain_order="left")).filter(
        pl.col("returned_date").is_between(first, last)
    )


def _return_rows(sold: pl.DataFrame) -> pl.DataFrame:
    """A return of the whole line: what was paid for it, with its part of the order's tax."""
    span = SLOWEST_DAYS - FASTEST_DAYS + 1
    days = FASTEST_DAYS + pl.col("order_id").str.slice(-4).cast(pl.Int64) % span
    returned_at = _time("ordered_at") + pl.duration(days=days)
    paid = gross() - _number("discount_amount")
    tax_ratio = _number("tax_amount") / (_number("total_amount") - _number("tax_amount"))
    return sold.select(
        returned_date=returned_at.dt.convert_time_zone(ZONE).dt.date(),
        return_id=pl.concat_str(pl.lit("planted-"), "order_id", pl.lit("-"), "line_number"),
        line_number=pl.lit(1),
        order_id="order_id",
        site="site",
        product_id="product_id",
        returned_at=returned_at.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
        quantity=pl.col("quantity").cast(pl.Int64),
        currency_code="currency_code",
        refund_amount=paid.round(2).cast(pl.String),
        tax_amount=(paid * tax_ratio).round(2).cast(pl.String),
        reason=pl.lit("damaged"),
        handling_cost_amount=pl.lit("3.00"),
    )


def _half(name: str, placed: pl.Series) -> pl.Expr:
    half = (pl.col(name).cast(pl.Float64, strict=False) / 2).round(4).cast(pl.String)
    return pl.when(_is_of(placed) & half.is_not_null()).then(half).otherwise(name).alias(name)


def _is_of(placed: pl.Series) -> pl.Expr:
    return pl.col("order_id").is_in(placed.implode()).fill_null(value=False)


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False)


def _time(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime(_TIMES, time_unit="us", strict=False, time_zone="UTC")


def _local_day(name: str) -> pl.Expr:
    return _time(name).dt.convert_time_zone(ZONE).dt.date()
