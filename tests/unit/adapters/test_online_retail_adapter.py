from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandje.adapters import SKIPPED_REASONS, adapter_for
from mandje.adapters.base import ACCOUNT_SCHEMA, DERIVED_SCHEMA, Adapter, Mapped
from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop

MapLines = Callable[..., Mapped]

# A second computation, in SQL, straight from the shipped input, with its own lists of codes.
LINES = """
    SELECT *,
        CAST(Quantity * CAST(UnitPrice AS DECIMAL(18, 4)) AS DECIMAL(18, 4)) AS money,
        upper(StockCode) IN ('POST', 'DOT', 'C2') AS is_shipping,
        upper(StockCode) IN ('M', 'D', 'S', 'AMAZONFEE', 'BANK CHARGES', 'CRUK', 'B') AS is_service,
        coalesce(bool_or(Quantity > 0 AND UnitPrice > 0) OVER (PARTITION BY InvoiceNo), false)
            AND InvoiceNo NOT LIKE 'A%' AND InvoiceNo NOT LIKE 'C%' AS is_order
    FROM read_parquet('{file}')
"""
DESTINATIONS = """
    SELECT
        CASE
            WHEN InvoiceNo LIKE 'A%' THEN 'adjustments:bad_debt'
            WHEN InvoiceNo LIKE 'C%' AND is_shipping THEN 'adjustments:shipping_refund'
            WHEN InvoiceNo LIKE 'C%' AND StockCode = 'M' THEN 'adjustments:charge_refund'
            WHEN InvoiceNo LIKE 'C%' AND StockCode = 'D' THEN 'adjustments:discount'
            WHEN InvoiceNo LIKE 'C%' AND is_service THEN 'adjustments:shop_cost'
            WHEN InvoiceNo LIKE 'C%' THEN 'returns'
            WHEN Quantity < 0 THEN 'skipped:stock_write_off'
            WHEN NOT is_order THEN 'skipped:nothing_charged'
            WHEN is_shipping THEN 'orders:shipping_amount'
            WHEN is_service THEN 'orders:other_charges_amount'
            ELSE 'order_lines'
        END AS destination,
        count(*), sum(money)
    FROM ({lines}) GROUP BY ALL ORDER BY ALL
"""
ORDERS = """
    SELECT InvoiceNo, min(InvoiceDate) AT TIME ZONE 'Europe/London' AS ordered_at,
        CAST(any_value(CustomerID) AS TEXT) AS customer_id, sum(money) AS total_amount
    FROM ({lines}) WHERE is_order GROUP BY InvoiceNo ORDER BY InvoiceNo
"""


@pytest.fixture(scope="module")
def adapter(online_retail: Shop) -> Adapter:
    return adapter_for("invoices", online_retail.settings)


def query(shop: Shop, sql: str) -> list[tuple[object, ...]]:
    lines = LINES.format(file=shop.source / "online_retail.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(sql.format(lines=lines)).fetchall()


def by_destination(mapped: Mapped) -> pl.DataFrame:
    totals = mapped.accounts.group_by("destination").agg(pl.col("row_count", "money_amount").sum())
    return totals.sort("destination")


def money(mapped: Mapped, *destinations: str) -> Decimal:
    rows = mapped.accounts.filter(pl.col("destination").is_in(destinations))
    return Decimal(rows["money_amount"].sum())


def feed_money(mapped: Mapped, feed: str) -> Decimal:
    rule = FEEDS[feed].money
    assert rule is not None
    return Decimal(mapped.feeds[feed].select(rule.polars()).to_series().sum())


def test_every_line_has_one_destination_with_its_money(mapped_invoices: Mapped) -> None:
    accounts = mapped_invoices.accounts
    assert dict(accounts.schema) == ACCOUNT_SCHEMA
    assert accounts["row_count"].sum() == 541_909
    assert accounts["money_amount"].sum() == Decimal("9747747.934")
    assert set(accounts["currency_code"]) == {"GBP"}
    assert accounts.select("delivery_date", "destination").is_unique().all()


def test_destinations_equal_a_second_computation(online_retail: Shop, mapped_invoices: Mapped) -> None:
    assert by_destination(mapped_invoices).rows() == query(online_retail, DESTINATIONS)


def test_orders_equal_a_second_computation(online_retail: Shop, mapped_invoices: Mapped) -> None:
    orders = mapped_invoices.feeds["orders"].sort("order_id")
    columns = orders.select("order_id", "ordered_at", "customer_id", "total_amount")
    assert columns.rows() == query(online_retail, ORDERS)


def test_orders_of_the_real_shop(mapped_invoices: Mapped) -> None:
    orders = mapped_invoices.feeds["orders"]
    assert orders.height == orders["order_id"].n_unique() == 19_959
    assert orders["total_amount"].sum() == Decimal("10655622.484")
    assert orders["customer_id"].null_count() == 1_427
    assert orders["customer_id"].drop_nulls().n_unique() == 4_338
    assert set(orders["status"]) == {"fulfilled"}
    assert not orders["customer_id"].drop_nulls().str.contains(".", literal=True).any()


def test_an_order_is_worth_its_lines_and_charges(mapped_invoices: Mapped) -> None:
    lines = mapped_invoices.feeds["order_lines"].with_columns(FEEDS["order_lines"].money.polars().alias("m"))
    orders = (
        mapped_invoices.feeds["orders"]
        .join(lines.group_by("order_id").agg(pl.col("m").sum()), on="order_id", how="left")
        .with_columns(pl.col("m").fill_null(0))
    )
    own = pl.col("m") + pl.col("shipping_amount") + pl.col("other_charges_amount")
    assert orders.filter(own != pl.col("total_amount")).is_empty()
    assert orders.filter(pl.col("m") == 0).height > 0  # orders without goods


def test_money_back_of_the_real_shop(mapped_invoices: Mapped) -> None:
    feeds = mapped_invoices.feeds
    returns = feeds["returns"]
    adjustments = feeds["adjustments"].filter(pl.col("kind") != "bad_debt")
    assert returns.height + adjustments.height == 9_288
    assert returns["refund_amount"].sum() + adjustments["amount"].sum() == Decimal("896812.49")
    invoices = set(returns["return_id"]) | set(adjustments["adjustment_id"].str.replace(r"-\d+$", ""))
    assert len(invoices) == 3_836
    assert adjustments.height == 584
    assert round(adjustments["amount"].sum()) == 418_088
    assert returns["order_id"].null_count() == returns.height
    assert (returns["quantity"] > 0).all()
    assert feeds["adjustments"].filter(pl.col("kind") == "bad_debt")["amount"].sort().to_list() == [
        Decimal("-11062.06"),
        Decimal("11062.06"),
        Decimal("11062.06"),
    ]


@pytest.mark.parametrize("feed", ["order_lines", "returns", "adjustments"])
def test_accounts_tie_with_the_money_of_the_feeds(mapped_invoices: Mapped, feed: str) -> None:
    destinations = [d for d in mapped_invoices.accounts["destination"].unique() if d.split(":")[0] == feed]
    assert feed_money(mapped_invoices, feed) == money(mapped_invoices, *destinations)


def test_frames_have_the_schemas_of_their_feeds(adapter: Adapter, mapped_invoices: Mapped) -> None:
    assert tuple(mapped_invoices.feeds) == adapter.feeds
    for name, frame in mapped_invoices.feeds.items():
        assert dict(frame.schema) == FEEDS[name].polars_schema()
        required = [c.name for c in FEEDS[name].columns if not c.nullable]
        assert sum(frame.select(required).null_count().row(0)) == 0
        assert frame.select("delivery_date", *FEEDS[name].key).is_unique().all()


def test_lines_are_numbered_in_file_order(mapped_invoices: Mapped) -> None:
    lines = mapped_invoices.feeds["order_lines"].sort("order_id", "line_number")
    numbers = lines.group_by("order_id", maintain_order=True).agg("line_number", "delivery_line")
    assert numbers["line_number"].to_list() == [list(range(1, len(n) + 1)) for n in numbers["delivery_line"]]
    assert all(n == sorted(n) for n in numbers["delivery_line"].to_list())
    # Exact duplicates are real: 528,186 lines stay although many are equal but for their number.
    same = lines.drop("line_number", "delivery_line")
    assert lines.height - same.n_unique() > 4_000


def test_derived_rows_are_counted(mapped_invoices: Mapped) -> None:
    derived = mapped_invoices.derived
    assert dict(derived.schema) == DERIVED_SCHEMA
    counts = dict(derived.group_by("feed").agg(pl.col("row_count").sum()).rows())
    assert counts == {"orders": 19_959, "products": mapped_invoices.feeds["products"].height}


def test_products_carry_the_last_name_of_the_day(mapped_invoices: Mapped) -> None:
    products = mapped_invoices.feeds["products"]
    sold = set(mapped_invoices.feeds["order_lines"].filter(pl.col("unit_price_amount") > 0)["product_id"])
    assert set(products["product_id"]) == sold
    assert set(products["category"]) == {"(none)"}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(0, 2_000))
def test_any_rows_add_up(adapter: Adapter, invoice_lines: pl.DataFrame, seed: int, size: int) -> None:
    rows = invoice_lines.sample(size, seed=seed)
    mapped = adapter.map({"invoices": rows})
    delivered = rows.select((pl.col("Quantity") * pl.col("UnitPrice")).sum()).item() if size else 0
    assert mapped.accounts["row_count"].sum() == size
    assert mapped.accounts["money_amount"].sum() == delivered
    charged = money(mapped, "order_lines", "orders:shipping_amount", "orders:other_charges_amount")
    assert feed_money(mapped, "orders") == charged


def test_deliveries_map_alike_alone_and_together(
    adapter: Adapter, invoice_lines: pl.DataFrame, mapped_invoices: Mapped
) -> None:
    for day in (date(2010, 12, 1), date(2011, 10, 31), date(2011, 12, 9)):
        of_day = pl.col("delivery_date") == day
        alone = adapter.map(
            {"invoices": invoice_lines.filter(of_day).sample(fraction=1, shuffle=True, seed=1)}
        )
        for name, frame in alone.feeds.items():
            key = FEEDS[name].key
            assert frame.sort(key).equals(mapped_invoices.feeds[name].filter(of_day).sort(key))


def test_no_rows_give_empty_feeds(adapter: Adapter) -> None:
    mapped = adapter.map({})
    assert mapped.accounts.is_empty()
    assert mapped.derived.is_empty()
    assert all(frame.is_empty() for frame in mapped.feeds.values())


@pytest.mark.parametrize(
    ("line", "destination"),
    [
        (("500001", "85123A", 2, "1.50"), "order_lines"),
        (("500001", "85123A", 0, "1.50"), "skipped:no_quantity"),
        (("500001", "85123A", -2, "0"), "skipped:stock_write_off"),
        (("500001", "85123A", 2, "0"), "skipped:nothing_charged"),
        (("500001", "POST", 1, "0"), "skipped:nothing_charged"),
        (("500001", "85123A", -2, "1.50"), "returns"),
        (("500001", "85123A", 1, "-1.50"), "adjustments:price_correction"),
        (("500001", "POST", -1, "4"), "adjustments:shipping_refund"),
        (("500001", "M", 1, "-4"), "adjustments:charge_refund"),
        (("500001", "NEWCODE", 1, "4"), "order_lines"),
        (("C500001", "85123A", -2, "1.50"), "returns"),
        (("c500001", "85123A", -2, "1.50"), "returns"),
        (("C500001", "NEWCODE", -1, "4"), "returns"),
        (("A500001", "85123A", 1, "-4"), "adjustments:bad_debt"),
        (("X500001", "85123A", 1, "4"), "skipped:unknown_invoice_kind"),
        (("C", "85123A", 1, "4"), "skipped:unknown_invoice_kind"),
    ],
)
def test_one_line(map_lines: MapLines, line: tuple[str, str, int, str], destination: str) -> None:
    mapped = map_lines(line)
    worth = line[2] * Decimal(line[3])
    assert mapped.accounts["destination"].to_list() == [destination]
    assert mapped.accounts["money_amount"].to_list() == [worth]
    feed = destination.split(":", maxsplit=1)[0]
    if feed == "skipped":
        assert SKIPPED_REASONS[destination]
        assert all(frame.is_empty() for frame in mapped.feeds.values())
    else:
        assert feed_money(mapped, feed) == worth


def test_goods_given_free_stay_on_their_order(map_lines: MapLines) -> None:
    mapped = map_lines(("500001", "85123A", 1, "2.00"), ("500001", "22423", 3, "0"))
    lines = mapped.feeds["order_lines"]
    assert lines["unit_price_amount"].to_list() == [Decimal(2), Decimal(0)]
    assert mapped.feeds["products"]["product_id"].to_list() == ["85123A"]


def test_an_order_may_have_no_goods(map_lines: MapLines) -> None:
    mapped = map_lines(("500001", "POST", 2, "4.00"), ("500001", "AMAZONFEE", 1, "10.00"))
    order = mapped.feeds["orders"].row(0, named=True)
    assert mapped.feeds["order_lines"].is_empty()
    assert (order["shipping_amount"], order["other_charges_amount"], order["total_amount"]) == (8, 10, 18)


def test_units_back_on_an_order_name_the_order(map_lines: MapLines) -> None:
    mapped = map_lines(("500001", "85123A", 5, "2.00"), ("500001", "85123A", -1, "2.00"))
    assert mapped.feeds["returns"]["order_id"].to_list() == ["500001"]
    assert mapped.feeds["orders"]["total_amount"].to_list() == [10]


def test_an_unknown_code_shows_among_the_products(map_lines: MapLines) -> None:
    mapped = map_lines(("500001", "NEWCODE", 1, "4"))
    assert mapped.feeds["products"]["category"].to_list() == ["(unknown code)"]


def test_local_time_becomes_utc(adapter: Adapter, mapped_invoices: Mapped) -> None:
    orders = mapped_invoices.feeds["orders"]
    winter, summer = (orders.filter(order_id=number)["ordered_at"].item() for number in ("536365", "559928"))
    assert winter == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert summer == datetime(2011, 7, 14, 7, 52, tzinfo=UTC)  # 08:52 in London
    assert adapter.tables["invoices"].columns[4].time_zone == "Europe/London"
