"""Daily files of TheLook, each as its systems knew things when the day ended.

An order travels whole, with all its items, on the day it is placed and again on every day on which it is
shipped, delivered or returned; times that lie after the day are blank and the status is that day's. When an
order was cancelled is not known, so it is cancelled from the start. Events and users come on their own day,
products once, on the first day of all.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from mandje.prepare.drop import Drop

DAY = "delivery_date"
LATER_TIMES = ("shipped_at", "delivered_at", "returned_at")


def thelook_drops(source: Path) -> list[Drop]:
    """Files of orders and their items, events, users and products."""
    orders, items, events, users, products = (
        pl.read_parquet(source / f"{name}.parquet", glob=False, hive_partitioning=False)
        for name in ("orders", "order_items", "events", "users", "products")
    )
    first_day = pl.concat([events["created_at"], users["created_at"], orders["created_at"]]).min()
    return [
        *_orders(orders, items),
        Drop("events", "events.csv", _on_own_day(events.with_columns(pl.col("user_id").replace("", None)))),
        Drop("users", "users.csv", _on_own_day(users)),
        Drop(
            "products",
            "products.csv",
            products.select(pl.lit(first_day).str.slice(0, 10).alias(DAY), pl.all()),
        ),
    ]


def _on_own_day(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col("created_at").str.slice(0, 10).alias(DAY), pl.all())


def _orders(orders: pl.DataFrame, items: pl.DataFrame) -> list[Drop]:
    days = pl.concat_list(pl.col(name).str.slice(0, 10) for name in ("created_at", *LATER_TIMES))
    versions = orders.select("order_id", days.list.drop_nulls().list.unique().alias(DAY)).explode(DAY)
    return [
        Drop("orders", "orders.csv", _as_known(versions, orders, "order_id")),
        Drop("orders", "order_items.csv", _as_known(versions, items, "id")),
    ]


def _as_known(versions: pl.DataFrame, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """Rows once per version of their order, with the status and times known at the end of its day."""
    time = {name: _known_time(name) for name in LATER_TIMES}
    status = (
        pl.when(pl.col("status") == "Cancelled")
        .then(pl.lit("Cancelled"))
        .when(time["returned_at"].is_not_null())
        .then(pl.lit("Returned"))
        .when(time["delivered_at"].is_not_null())
        .then(pl.lit("Complete"))
        .when(time["shipped_at"].is_not_null())
        .then(pl.lit("Shipped"))
        .otherwise(pl.lit("Processing"))
    )
    known = versions.join(rows, on="order_id").sort(DAY, key).with_columns(status=status, **time)
    return known.select(DAY, *rows.columns)


def _known_time(name: str) -> pl.Expr:
    """A time that lies on or before the day, else null."""
    return pl.when(pl.col(name).str.slice(0, 10) <= pl.col(DAY)).then(pl.col(name))
