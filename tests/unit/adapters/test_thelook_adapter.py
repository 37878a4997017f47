from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import duckdb
import polars as pl
import pytest

from mandje.adapters import SKIPPED_REASONS, adapter_for
from mandje.adapters.base import Mapped
from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop

Frames = Mapping[str, Mapping[str, pl.DataFrame]]


def query(shop: Shop, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        for file in shop.source.glob("*.parquet"):
            connection.execute(f"CREATE VIEW {file.stem} AS FROM read_parquet('{file}')")
        return connection.execute(sql).fetchall()


def newest(frame: pl.DataFrame, *key: str) -> pl.DataFrame:
    return frame.sort("delivery_date").unique(key, keep="last").sort(key)


def test_frames_have_the_schemas_of_their_feeds(thelook: Shop, mapped_thelook: Mapping[str, Mapped]) -> None:
    for source, mapped in mapped_thelook.items():
        adapter = adapter_for(source, thelook.settings)
        assert tuple(mapped.feeds) == adapter.feeds
        assert adapter.maps_rows_alone == (source != "orders")
        for name, frame in mapped.feeds.items():
            assert dict(frame.schema) == FEEDS[name].polars_schema()
            required = [c.name for c in FEEDS[name].columns if not c.nullable]
            assert sum(frame.select(required).null_count().row(0)) == 0
            assert frame.select("delivery_date", *FEEDS[name].key).is_unique().all()


def test_every_row_has_one_destination(thelook_frames: Frames, mapped_thelook: Mapping[str, Mapped]) -> None:
    for source, mapped in mapped_thelook.items():
        counts = dict(mapped.accounts.group_by("table_name").agg(pl.col("row_count").sum()).rows())
        assert counts == {name: frame.height for name, frame in thelook_frames[source].items()}


def test_the_newest_version_of_every_order_is_the_source(
    thelook: Shop, mapped_thelook: Mapping[str, Mapped]
) -> None:
    orders = newest(mapped_thelook["orders"].feeds["orders"], "order_id")
    expected = query(
        thelook,
        """
        SELECT CAST(order_id AS TEXT), CAST(any_value(o.user_id) AS TEXT),
            CASE any_value(o.status) WHEN 'Processing' THEN 'paid' WHEN 'Cancelled' THEN 'cancelled'
                ELSE 'fulfilled' END,
            sum(CAST(round(sale_price, 2) AS DECIMAL(18, 4)))
        FROM orders AS o JOIN order_items USING (order_id) GROUP BY order_id ORDER BY 1
        """,
    )
    assert orders.height == 5_013
    assert orders.select("order_id", "customer_id", "status", "total_amount").rows() == expected
    assert orders.filter(pl.col("status") == "cancelled").height == 778


def test_the_newest_lines_are_the_items(thelook: Shop, mapped_thelook: Mapping[str, Mapped]) -> None:
    lines = newest(mapped_thelook["orders"].feeds["order_lines"], "order_id", "line_number")
    expected = query(
        thelook,
        """
        SELECT CAST(order_id AS TEXT), row_number() OVER (PARTITION BY order_id ORDER BY id),
            CAST(product_id AS TEXT), CAST(round(sale_price, 2) AS DECIMAL(18, 4))
        FROM order_items ORDER BY 1, 2
        """,
    )
    columns = ("order_id", "line_number", "product_id", "unit_price_amount")
    assert lines.select(columns).rows() == expected
    assert lines.height == 7_343
    assert lines["unit_price_amount"].sum() == Decimal("366624.66")


def test_every_version_is_whole_and_worth_its_lines(mapped_thelook: Mapping[str, Mapped]) -> None:
    feeds = mapped_thelook["orders"].feeds
    version = ("delivery_date", "order_id")
    lines = feeds["order_lines"].group_by(version).agg(pl.col("unit_price_amount").sum().alias("lines"))
    joined = feeds["orders"].join(lines, on=version, how="full")
    assert joined.filter(pl.col("lines").eq_missing(pl.col("total_amount")).not_()).is_empty()
    accounts = mapped_thelook["orders"].accounts
    assert accounts["money_amount"].sum() == feeds["orders"]["total_amount"].sum()
    assert accounts.filter(table_name="orders")["currency_code"].unique().to_list() == [None]


def test_returns_come_once_on_the_day_they_are_booked(
    thelook: Shop, mapped_thelook: Mapping[str, Mapped]
) -> None:
    returns = mapped_thelook["orders"].feeds["returns"].sort("return_id", "line_number")
    expected = query(
        thelook,
        """
        SELECT 'R' || order_id, CAST(order_id AS TEXT), CAST(user_id AS TEXT), CAST(product_id AS TEXT),
            CAST(returned_at AS TIMESTAMP) AT TIME ZONE 'UTC',
            CAST(round(sale_price, 2) AS DECIMAL(18, 4))
        FROM order_items WHERE status = 'Returned' ORDER BY 1, id
        """,
    )
    columns = ("return_id", "order_id", "customer_id", "product_id", "returned_at", "refund_amount")
    assert returns.select(columns).rows() == expected
    assert (returns.height, returns["return_id"].n_unique()) == (671, 455)
    assert returns.filter(pl.col("returned_at").dt.date() != pl.col("delivery_date")).is_empty()
    assert returns["delivery_date"].max() == date(2025, 11, 28)
    assert mapped_thelook["orders"].derived["row_count"].sum() == 671


def test_a_returned_row_is_its_own_order_line(mapped_thelook: Mapping[str, Mapped]) -> None:
    feeds = mapped_thelook["orders"].feeds
    key = ("delivery_date", "order_id", "line_number")
    sold = feeds["returns"].join(feeds["order_lines"], on=key, validate="1:1")
    assert sold.height == 671
    assert (sold["product_id"] == sold["product_id_right"]).all()
    assert (sold["refund_amount"] == sold["unit_price_amount"]).all()


def test_an_item_that_a_delivery_repeats_counts_once(thelook: Shop, thelook_frames: Frames) -> None:
    day = pl.col("delivery_date") == date(2025, 11, 22)
    orders, items = (thelook_frames["orders"][name].filter(day) for name in ("orders", "order_items"))
    adapter = adapter_for("orders", thelook.settings)
    once = adapter.map({"orders": orders, "order_items": items})
    twice = adapter.map({"orders": orders, "order_items": pl.concat([items, items])})
    assert twice.feeds["orders"].equals(once.feeds["orders"])
    lines = twice.feeds["order_lines"]
    assert lines.height == 2 * items.height
    assert lines.unique(("order_id", "line_number")).height == items.height


def test_events(thelook: Shop, mapped_thelook: Mapping[str, Mapped]) -> None:
    mapped = mapped_thelook["events"]
    totals = dict(mapped.accounts.group_by("destination").agg(pl.col("row_count").sum()).rows())
    assert totals == {"session_events": 76_886, "skipped:cancel_event": 3_038}
    assert sum(totals.values()) == 79_924
    assert set(totals) - {"session_events"} <= set(SKIPPED_REASONS)
    events = mapped.feeds["session_events"]
    expected = query(
        thelook,
        """
        SELECT CAST(id AS TEXT), coalesce(nullif(user_id, ''), session_id), nullif(user_id, ''),
            CASE event_type WHEN 'product' THEN 'product_view' WHEN 'cart' THEN 'add_to_cart'
                WHEN 'purchase' THEN 'purchase' ELSE 'page_view' END,
            event_type, uri, CASE WHEN event_type = 'product' THEN split_part(uri, '/', 3) END
        FROM events WHERE event_type <> 'cancel' ORDER BY 1
        """,
    )
    columns = ("event_id", "visitor_id", "customer_id", "event_type", "page_type", "page_path", "product_id")
    assert events.sort("event_id").select(columns).rows() == expected
    mediums = events.select("source", "medium").unique().sort("source").rows()
    assert mediums == [
        ("Adwords", "cpc"),
        ("Email", "email"),
        ("Facebook", None),
        ("Organic", "organic"),
        ("YouTube", None),
    ]


def test_a_page_path_has_no_query(thelook: Shop, thelook_frames: Frames) -> None:
    event = thelook_frames["events"]["events"].filter(event_type="product").head(1)
    asked = event.with_columns(uri=pl.lit("/product/12?q=jo@example.org#top"))
    mapped = adapter_for("events", thelook.settings).map({"events": asked}).feeds["session_events"]
    assert mapped.select("page_path", "product_id").row(0) == ("/product/12", "12")


def test_customers_and_products(thelook: Shop, mapped_thelook: Mapping[str, Mapped]) -> None:
    customers = mapped_thelook["users"].feeds["customers"].sort("customer_id")
    expected = query(
        thelook,
        """
        SELECT CAST(id AS TEXT), CAST(left(created_at, 4) AS INT) - age, gender, country, left(postal_code, 3)
        FROM users ORDER BY 1
        """,
    )
    columns = ("customer_id", "birth_year", "gender", "country_code", "postal_area")
    assert customers.select(columns).rows() == expected
    products = mapped_thelook["products"].feeds["products"].sort("product_id")
    expected = query(
        thelook,
        """
        SELECT CAST(id AS TEXT), category, CAST(round(cost, 2) AS DECIMAL(18, 4)),
            CAST(round(retail_price, 2) AS DECIMAL(18, 4)) FROM products ORDER BY 1
        """,
    )
    columns = ("product_id", "category", "unit_cost_amount", "list_price_amount")
    assert products.select(columns).rows() == expected


def test_a_missing_postal_code_written_as_a_word_is_missing(thelook: Shop, thelook_frames: Frames) -> None:
    user = thelook_frames["users"]["users"].head(1).with_columns(postal_code=pl.lit("null"))
    mapped = adapter_for("users", thelook.settings).map({"users": user})
    assert mapped.feeds["customers"]["postal_area"].to_list() == [None]


@pytest.mark.parametrize(
    ("source", "personal"),
    [
        ("users", {"first_name", "last_name", "street_address", "city", "state", "latitude", "longitude"}),
        ("events", {"ip_address", "city", "state", "postal_code"}),
    ],
)
def test_names_and_addresses_are_never_read(thelook: Shop, source: str, personal: set[str]) -> None:
    table = adapter_for(source, thelook.settings).tables[source]
    assert personal <= set(table.ignored)
    assert not personal & set(table.names)


def test_every_column_of_the_exports_is_known(thelook: Shop) -> None:
    for source in thelook.settings.sources:
        for name, table in adapter_for(source, thelook.settings).tables.items():
            columns = pl.read_parquet_schema(thelook.source / f"{name}.parquet")
            assert set(columns) == {*table.names, *table.ignored}
