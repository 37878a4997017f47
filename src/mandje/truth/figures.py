"""What was counted, beside what the shop meant: days, orders, and who placed them."""

from __future__ import annotations

from datetime import date

import polars as pl

from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from mandje.simulate.truth_files import DAILY_KPIS, HANDLING, ORDERS, SESSIONS
from mandje.simulate.world.sites import ALL_SITES, SITES
from mandje.truth.tables.cells import Compared, compare_rows
from mandje.truth.tables.columns import DAY_COUNTS, DAY_SUMS
from mandje.truth.tables.files import Truth

DAY = ["site", "kpi_date"]
# An order that does not name its customer, and yet is a known customer's: merged by its e-mail address.
_MERGED = "(customer_id is null and not is_guest)"
_PUBLISHED = [name for name in (*DAY_COUNTS, *DAY_SUMS) if name != "guest_merged_order_count"]
_DAYS = f"""
    with merged as (
        select site, order_date, count(*) as order_count
        from marts.orders where is_counted and {_MERGED} group by all
        union all
        select '{ALL_SITES}', order_date, count(*)
        from marts.orders where is_counted and {_MERGED} group by all
    )
    select days.site, days.kpi_date, {", ".join(f"days.{name}" for name in _PUBLISHED)},
        coalesce(merged.order_count, 0) as guest_merged_order_count
    from marts.daily_kpis as days
    left join merged on days.site = merged.site and days.kpi_date = merged.order_date
"""
# Amounts as delivered: in the order's currency.
_ORDERS = f"""
    with refunds as (
        select order_id, sum(delivered_refund_amount) as refund_amount from marts.returns group by order_id
    )
    select orders.order_id, orders.person_id, orders.site, orders.ordered_at, orders.sales_channel as channel,
        orders.status, orders.is_counted, orders.is_guest, {_MERGED} as is_guest_merged, orders.currency_code,
        cast(delivered_gross_sales_amount - delivered_discount_amount as decimal(18, 4)) as net_sales_amount,
        cast(coalesce(refunds.refund_amount, 0) as decimal(18, 4)) as returned_amount,
        orders.delivered_total_amount as total_amount
    from marts.orders as orders
    left join refunds on orders.order_id = refunds.order_id
"""
_HANDLING = """
    with paid as (
        select order_id, cast(sum(delivered_amount) as decimal(18, 4)) as paid_amount
        from marts.payments where order_id is not null group by order_id
    ),
    sent as (select distinct order_id from marts.fulfilments where order_id is not null)
    select orders.order_id, payment_method, paid.paid_amount, paid_at, shipped_at, delivered_at,
        days_to_deliver
    from marts.orders as orders
    left join paid on orders.order_id = paid.order_id
    left join sent on orders.order_id = sent.order_id
    where paid.order_id is not null or sent.order_id is not null
"""
_CUSTOMERS = """
    with firsts as (select person_id, min(order_id) as order_id from marts.orders group by person_id)
    select coalesce(firsts.order_id, customers.person_id) as first_order_of_person, customers.order_count
    from marts.customers as customers
    left join firsts on customers.person_id = firsts.person_id
"""


def compare_days(shop: Shop, truth: Truth) -> Compared:
    """Every figure of `marts.daily_kpis` that the truth knows, to the last digit.

    Both sides have every site, and all of them together, on every day of the history.
    """
    return compare_rows("daily_kpis", DAY, every_day(truth), query_snapshot(shop, _DAYS))


def every_day(truth: Truth) -> pl.DataFrame:
    """The truth's figures of every site and day of the history, quiet days too: all 0.

    The history begins with the first day that has an order, counted or not, a session, a robot's too, or any
    figure.
    """
    known = truth.frame(DAILY_KPIS)
    days = pl.date_range(_first_day(truth, known), truth.as_of_date, eager=True).alias("kpi_date")
    sites = pl.DataFrame({"site": [*(site.name for site in SITES), ALL_SITES]})
    whole = sites.join(days.to_frame(), how="cross").join(known, on=DAY, how="full", coalesce=True)
    return with_zeros(whole)


def with_zeros(days: pl.DataFrame) -> pl.DataFrame:
    """Empty figures as 0."""
    zeros = [pl.col(name).fill_null(pl.lit(0).cast(kind)) for name, kind in days.schema.items()]
    return days.with_columns(zero for name, zero in zip(days.columns, zeros, strict=True) if name not in DAY)


def _first_day(truth: Truth, known: pl.DataFrame) -> date:
    orders = truth.frame(ORDERS)
    sessions = pl.scan_parquet(truth.file(SESSIONS), glob=False, hive_partitioning=False)
    visited = sessions.select(pl.col("started_date").min()).collect()
    days: list[date] = [truth.as_of_date, *known["kpi_date"], *visited["started_date"].drop_nulls()]
    for site in SITES:
        here = orders.filter(pl.col("site") == site.name)["ordered_at"]
        days += here.dt.convert_time_zone(site.time_zone).dt.date().unique().to_list()
    return min(days)


def compare_orders(shop: Shop, truth: Truth) -> Compared:
    """Every order: where and when, its status, whether it counts, whose it is, and what it is worth.

    Persons have other names in the truth; two tables put orders to the same persons if and only if each
    order shares its person with the same first order.
    """
    expected = _with_first_order(_named(truth)).drop("person", "person_id")
    found = _with_first_order(query_snapshot(shop, _ORDERS)).drop("person_id")
    return compare_rows("orders", ["order_id"], expected, found)


def compare_handling(shop: Shop, truth: Truth) -> Compared:
    """Every order with a payment or parcel: how and when it was paid, what came in, and when it arrived."""
    return compare_rows("handling", ["order_id"], truth.frame(HANDLING), query_snapshot(shop, _HANDLING))


def compare_customers(shop: Shop, truth: Truth) -> Compared:
    """Every person with an order, named by the first of them: how many orders count."""
    orders = _with_first_order(_named(truth))
    count = pl.col("is_counted").sum().cast(pl.Int64).alias("order_count")
    expected = orders.group_by("first_order_of_person").agg(count)
    return compare_rows("customers", ["first_order_of_person"], expected, query_snapshot(shop, _CUSTOMERS))


def _named(truth: Truth) -> pl.DataFrame:
    """Orders with `person_id`; an order of nobody known is a person of its own."""
    nobody = pl.format("order {}", "order_id")
    person = pl.when(pl.col("person") >= 0).then(pl.col("person").cast(pl.String)).otherwise(nobody)
    return truth.frame(ORDERS).with_columns(person.alias("person_id"))


def _with_first_order(orders: pl.DataFrame) -> pl.DataFrame:
    return orders.with_columns(pl.col("order_id").min().over("person_id").alias("first_order_of_person"))
