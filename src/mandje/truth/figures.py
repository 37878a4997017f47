"""What was counted, beside what the shop meant: days, orders, and who placed them."""

from __future__ import annotations

import polars as pl

from mandje.publish.query import query_snapshot
from mandje.settings import Shop
from mandje.simulate.truth_files import DAILY_KPIS, ORDERS
from mandje.truth.cells import Compared, compare_rows
from mandje.truth.files import Truth

_DAY = ["site", "kpi_date"]
# An order that does not name its customer, and yet is a known customer's: merged by its e-mail address.
_MERGED = "is_counted and customer_id is null and not is_guest"
_DAYS = f"""
    with merged as (
        select site, order_date, count(*) as order_count from marts.orders where {_MERGED} group by all
        union all
        select '(all)', order_date, count(*) from marts.orders where {_MERGED} group by all
    )
    select days.*, coalesce(merged.order_count, 0) as guest_merged_order_count
    from marts.daily_kpis as days
    left join merged on days.site = merged.site and days.kpi_date = merged.order_date
"""


def compare_days(shop: Shop, truth: Truth) -> Compared:
    """Every figure of `marts.daily_kpis` that the truth knows, per site and day, to the last digit.

    Days that the truth leaves out had nothing: all their figures must be 0.
    """
    found = query_snapshot(shop, _DAYS)
    expected = truth.frame(DAILY_KPIS)
    quiet = found.select(_DAY).join(expected, on=_DAY, how="anti")
    zero = (pl.lit(0).cast(kind).alias(name) for name, kind in expected.schema.items() if name not in _DAY)
    return compare_rows("daily_kpis", _DAY, pl.concat([expected, quiet.with_columns(zero)]), found)


def compare_orders(shop: Shop, truth: Truth) -> Compared:
    """Every order: its status, whether it counts, and whose it is.

    Persons have other names in the truth; two tables put orders to the same persons if and only if each
    order shares its person with the same first order. An order of nobody known is a person of its own.
    """
    columns = "order_id, person_id, status, is_counted, is_guest"
    found = query_snapshot(shop, f"select {columns} from marts.orders")
    placed = truth.frame(ORDERS)
    nobody = pl.format("order {}", "order_id")
    person = pl.when(pl.col("person") >= 0).then(pl.col("person").cast(pl.String)).otherwise(nobody)
    expected = placed.with_columns(person.alias("person_id"))
    return compare_rows("orders", ["order_id"], _grouped(expected), _grouped(found))


def _grouped(orders: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("order_id").min().over("person_id").alias("first_order_of_person")
    return orders.select("order_id", pl.col("status").cast(pl.String), "is_counted", "is_guest", first)
