"""A shop of two days whose truth is written and whose snapshot says the same: for lies of either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from mandje.shop.settings import Shop
from mandje.simulate.settings import SimulationSettings
from mandje.simulate.truth_files import TruthWriter
from mandje.truth.tables.columns import COLUMNS, DAY_COUNTS, DAY_SUMS
from shop_of_visits import CARTS, DAILY_VISITS, SESSIONS, VISITORS
from tiny_shop import make_shop

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 3)
SETTINGS = SimulationSettings(days=30).model_dump(mode="json")
_DAY: dict[str, Any] = dict.fromkeys(DAY_COUNTS, 0) | dict.fromkeys(DAY_SUMS, Decimal(0))
_SOLD = {
    "order_count": 1,
    "guest_merged_order_count": 1,
    "customer_count": 1,
    "new_customer_count": 1,
    "unit_quantity": Decimal(2),
    "gross_sales_amount": Decimal(12),
    "discount_amount": Decimal(2),
    "net_sales_amount": Decimal(10),
    "net_sales_by_order_date_amount": Decimal(6),
    "total_sales_amount": Decimal(10),
}
_BACK = {
    "return_count": 1,
    "returned_quantity": Decimal(1),
    "returned_amount": Decimal(4),
    "net_sales_amount": Decimal(-4),
    "total_sales_amount": Decimal(-4),
}
_ORDER = {
    "order_id": "o1", "person": 7, "site": "nl", "ordered_at": datetime(2024, 1, 1, 9, tzinfo=UTC),
    "channel": "online", "status": "fulfilled", "is_counted": True, "is_guest": False,
    "is_guest_merged": True, "currency_code": "EUR", "net_sales_amount": Decimal(10),
    "returned_amount": Decimal(4), "total_amount": Decimal(11),
}  # fmt: skip
_HANDLED = {
    "order_id": "o1", "payment_method": "card", "paid_amount": Decimal(7),
    "paid_at": datetime(2024, 1, 1, 9, tzinfo=UTC), "shipped_at": datetime(2024, 1, 2, 9, tzinfo=UTC),
    "delivered_at": datetime(2024, 1, 3, 9, tzinfo=UTC), "days_to_deliver": 2,
}  # fmt: skip
_FEEDS = ("orders", "order_lines", "returns", "payments", "fulfilments")
_DEFECT = {
    "class": "wrong_type", "feed": "orders", "delivery_date": FIRST, "file": "orders.csv.gz", "line": 2,
    "key": "o9", "outcome": "rejected:type", "row_count": 1,
}  # fmt: skip
_CUSTOMER = {
    "person": 7, "mean_spend_amount": 10.0, "is_alive": True, "expected_orders_90d": 1.0,
    "expected_orders_365d": 2.0, "future_orders_90d": 1, "future_spend_365d_amount": Decimal(20),
}  # fmt: skip


def frames() -> dict[str, pl.DataFrame]:
    """The truth: an order of 12 less 2 on the first day, of which 4 come back on the last; paid and sent."""
    days = [
        {"site": site, "kpi_date": day} | _DAY | figures
        for site in ("nl", "(all)")
        for day, figures in ((FIRST, _SOLD), (LAST, _BACK))
    ]
    cell = {"delivery_date": FIRST, "outcome": "kept", "row_count": 1}
    rows: dict[str, list[dict[str, Any]]] = {
        "customers": [_CUSTOMER],
        "orders": [_ORDER],
        "handling": [_HANDLED],
        "daily_kpis": days,
        "row_outcomes": [{"feed": feed} | cell for feed in _FEEDS],
        "delivery_outcomes": [{"feed": "orders", "delivery_date": FIRST, "outcome": "loaded"}],
        "defects": [_DEFECT],
        "sessions": SESSIONS,
        "carts": CARTS,
        "visitors": VISITORS,
        "daily_visits": DAILY_VISITS,
    }
    return {name: pl.DataFrame(rows[name], dict(columns)) for name, columns in COLUMNS.items()}


def write_truth(folder: Path, tables: Mapping[str, pl.DataFrame], **summary: Any) -> None:
    """Write `truth/` of a shop's folder, sealed."""
    with TruthWriter(folder / "truth") as truth:
        for name, frame in tables.items():
            truth.append(name, frame)
        truth.finish({"as_of_date": LAST, "settings": SETTINGS} | summary)


def make_true_shop(folder: Path) -> Shop:
    """The shop, its truth and its `simulation.toml`."""
    shop = make_shop(folder)
    (folder / "simulation.toml").write_text("days = 30\n")
    write_truth(folder, frames())
    return shop


def marts() -> duckdb.DuckDBPyConnection:
    """A snapshot of the same, with quiet days and sites."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    con.execute("create schema marts")
    con.register("truth_days", frames()["daily_kpis"].drop("guest_merged_order_count"))
    zeros = ", ".join(f"coalesce({name}, 0) as {name}" for name in _DAY if name != "guest_merged_order_count")
    con.execute(f"""
        create table marts.daily_kpis as
        select site, kpi_date, {zeros} from (values ('nl'), ('uk'), ('(all)')) as sites(site)
        cross join (
            select unnest(generate_series(date '{FIRST}', date '{LAST}', interval 1 day))::date as kpi_date
        )
        left join truth_days using (site, kpi_date)
    """)
    con.execute("""
        create table marts.orders as select 'o1' as order_id, 'customer:c7' as person_id,
            cast(null as varchar) as customer_id, 'nl' as site,
            timestamptz '2024-01-01 09:00+00' as ordered_at,
            date '2024-01-01' as order_date, 'online' as sales_channel, 'fulfilled' as status,
            true as is_counted, false as is_guest, 'EUR' as currency_code, 2::decimal(18, 4) as unit_quantity,
            12::decimal(18, 4) as delivered_gross_sales_amount,
            2::decimal(18, 4) as delivered_discount_amount,
            11::decimal(18, 4) as delivered_total_amount, 12::decimal(18, 4) as gross_sales_amount,
            2::decimal(18, 4) as discount_amount, 6::decimal(18, 4) as net_sales_amount,
            0::decimal(18, 4) as shipping_amount, 0::decimal(18, 4) as other_charges_amount,
            0::decimal(18, 4) as tax_amount, 'card' as payment_method,
            timestamptz '2024-01-01 09:00+00' as paid_at, timestamptz '2024-01-02 09:00+00' as shipped_at,
            timestamptz '2024-01-03 09:00+00' as delivered_at, 2::bigint as days_to_deliver
    """)
    con.execute("""
        create table marts.order_lines as select 'o1' as order_id, 1::bigint as line_number, 'nl' as site,
            date '2024-01-01' as order_date, 2::decimal(18, 4) as quantity,
            12::decimal(18, 4) as gross_sales_amount, true as is_counted
    """)
    con.execute("""
        create table marts.returns as select 'r1' as return_id, 1::bigint as line_number, 'o1' as order_id,
            'nl' as site, date '2024-01-03' as return_date, 1::decimal(18, 4) as quantity,
            4::decimal(18, 4) as delivered_refund_amount, 4::decimal(18, 4) as returned_amount,
            true as is_counted
    """)
    con.execute(
        "create table marts.payments as select 'o1' as order_id, 7::decimal(18, 4) as delivered_amount"
    )
    con.execute("create table marts.fulfilments as select 'o1' as order_id")
    con.execute("create table marts.customers as select 'customer:c7' as person_id, 1::bigint as order_count")
    return con
