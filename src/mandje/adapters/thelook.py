"""TheLook: orders with their items, web events, users and products, as its systems drop them. Times are UTC.

Choices where the source leaves one:

- An item is an order line of one unit at its sale price, numbered by item id in its order. A returned item is
  that line and, once it has come back, also a derived row of return `R<order id>`, under the same number.
- Complete, shipped and returned orders are fulfilled (the return says the rest), processing ones are paid.
- The order's total is the sum of its items: the source charges neither shipping nor tax.
- Visitor = user id, else session id. `cancel` events are skipped: the order's status tells it.
- Medium only where the traffic source leaves no doubt: Adwords = cpc, Email = email, Organic = organic.
- Birth year = year of registration − age. Postal area = first three characters of the postal code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import FlatAdapter, Mapped, account
from mandje.adapters.feed_frames import (
    count_derived,
    feed_frame,
    on_clock,
    only_site,
    unknown_source,
    with_money,
)
from mandje.adapters.thelook_tables import EVENTS, ORDERS, PRODUCTS, USERS, order_items
from mandje.contracts.types import DECIMAL, Table
from mandje.shop.settings import ShopSettings

STATUSES = {
    "Complete": "fulfilled",
    "Shipped": "fulfilled",
    "Returned": "fulfilled",
    "Processing": "paid",
    "Cancelled": "cancelled",
}
EVENT_TYPES = {
    "home": "page_view",
    "department": "page_view",
    "product": "product_view",
    "cart": "add_to_cart",
    "purchase": "purchase",
}
MEDIUMS = {"Adwords": "cpc", "Email": "email", "Organic": "organic"}
CANCEL_EVENT = "skipped:cancel_event"
SKIPPED_REASONS: dict[str, str] = {
    CANCEL_EVENT: "No feed has a cancellation as an event; the status of the order says it.",
}
ZERO = pl.lit(0).cast(DECIMAL)

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class TheLook(FlatAdapter):
    """Maps one of the four sources with the function that knows it."""

    tables: Mapping[str, Table]
    feeds: tuple[str, ...]
    maps_rows_alone: bool
    site: str
    currency: str
    mapper: Callable[[TheLook, Frames], Mapped]

    def map(self, tables: Frames) -> Mapped:
        """Map what was given; a table that is not there has no rows."""
        given = {
            name: tables.get(name, pl.DataFrame(schema=t.polars_schema())) for name, t in self.tables.items()
        }
        return self.mapper(self, given)


def thelook_adapter(source_name: str, settings: ShopSettings) -> TheLook:
    """The adapter for `orders`, `events`, `users` or `products`.

    Raises:
        MandjeError: another source name, or a shop with several sites.
    """
    site = only_site(settings, "thelook")
    currency = settings.sites[site].currency
    items = order_items(currency)
    known: dict[str, tuple[tuple[Table, ...], tuple[str, ...], Callable[[TheLook, Frames], Mapped]]] = {
        "orders": ((ORDERS, items), ("orders", "order_lines", "returns"), _map_orders),
        "events": ((EVENTS,), ("session_events",), _map_events),
        "users": ((USERS,), ("customers",), _map_users),
        "products": ((PRODUCTS,), ("products",), _map_products),
    }
    if source_name not in known:
        raise unknown_source("thelook", source_name, known)
    tables, feeds, mapper = known[source_name]
    time_zone = settings.sources[source_name].time_zone
    by_name = {table.name: on_clock(table, time_zone) for table in tables}
    return TheLook(by_name, feeds, len(tables) == 1, site, currency, mapper)


def _map_orders(adapter: TheLook, given: Frames) -> Mapped:
    order_table, item_table = adapter.tables["orders"], adapter.tables["order_items"]
    number = pl.col("id").rank("dense").over("delivery_date", "order_id")
    items = with_money(given["order_items"], item_table).with_columns(
        number.alias("line_number"), destination=pl.lit("order_lines")
    )
    orders = with_money(given["orders"], order_table).with_columns(destination=pl.lit("orders"))
    feeds = {
        "orders": _orders(orders, items, adapter),
        "order_lines": _order_lines(items),
        "returns": _returns(items, adapter),
    }
    accounts = pl.concat([account(orders, order_table.name), account(items, item_table.name)])
    return Mapped(feeds, accounts, count_derived(feeds, ("returns",)))


def _orders(orders: pl.DataFrame, items: pl.DataFrame, adapter: TheLook) -> pl.DataFrame:
    # An item that a delivery repeats is one line: its last row stands, as for every key.
    once = items.unique(("delivery_date", "id"), keep="last", maintain_order=True)
    totals = once.group_by("delivery_date", "order_id").agg(pl.col("money_amount").sum().alias("total"))
    return feed_frame(
        "orders",
        orders.join(totals, on=("delivery_date", "order_id"), how="left", maintain_order="left"),
        {
            "order_id": pl.col("order_id"),
            "ordered_at": pl.col("created_at"),
            "customer_id": pl.col("user_id"),
            "visitor_id": pl.col("user_id"),
            "site": pl.lit(adapter.site),
            "sales_channel": pl.lit("online"),
            "status": pl.col("status").replace_strict(STATUSES),
            "currency_code": pl.lit(adapter.currency),
            "discount_amount": ZERO,
            "shipping_amount": ZERO,
            "other_charges_amount": ZERO,
            "tax_amount": ZERO,
            "total_amount": pl.col("total").fill_null(0),
        },
    )


def _order_lines(items: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "order_lines",
        items,
        {
            "order_id": pl.col("order_id"),
            "line_number": pl.col("line_number"),
            "product_id": pl.col("product_id"),
            "quantity": pl.lit(1),
            "currency_code": pl.col("currency_code"),
            "unit_price_amount": pl.col("sale_price"),
            "discount_amount": ZERO,
        },
    )


def _returns(items: pl.DataFrame, adapter: TheLook) -> pl.DataFrame:
    return feed_frame(
        "returns",
        items.filter(pl.col("returned_at").is_not_null()),
        {
            "return_id": "R" + pl.col("order_id"),
            "line_number": pl.col("line_number"),
            "order_id": pl.col("order_id"),
            "customer_id": pl.col("user_id"),
            "site": pl.lit(adapter.site),
            "product_id": pl.col("product_id"),
            "returned_at": pl.col("returned_at"),
            "quantity": pl.lit(1),
            "currency_code": pl.col("currency_code"),
            "refund_amount": pl.col("sale_price"),
        },
    )


def _map_events(adapter: TheLook, given: Frames) -> Mapped:
    table = adapter.tables["events"]
    kind = pl.col("event_type").replace_strict(EVENT_TYPES, default=None)
    events = with_money(given["events"], table).with_columns(
        kind.alias("kind"),
        pl.when(kind.is_null())
        .then(pl.lit(CANCEL_EVENT))
        .otherwise(pl.lit("session_events"))
        .alias("destination"),
    )
    kept = feed_frame(
        "session_events",
        events.filter(pl.col("kind").is_not_null()),
        {
            "event_id": pl.col("id"),
            "event_at": pl.col("created_at"),
            "visitor_id": pl.coalesce("user_id", "session_id"),
            "native_session_id": pl.col("session_id"),
            "customer_id": pl.col("user_id"),
            "event_type": pl.col("kind"),
            "site": pl.lit(adapter.site),
            "page_path": pl.col("uri").str.replace(r"[?#].*$", ""),
            "page_type": pl.col("event_type"),
            "source": pl.col("traffic_source"),
            "medium": pl.col("traffic_source").replace_strict(MEDIUMS, default=None),
            "product_id": pl.col("uri").str.extract(r"^/product/([^/?#]+)"),
        },
    )
    return _mapped("session_events", kept, account(events, table.name))


def _map_users(adapter: TheLook, given: Frames) -> Mapped:
    table = adapter.tables["users"]
    users = with_money(given["users"], table).with_columns(destination=pl.lit("customers"))
    kept = feed_frame(
        "customers",
        users,
        {
            "customer_id": pl.col("id"),
            "email_hash": pl.col("email"),
            "first_seen_at": pl.col("created_at"),
            "birth_year": pl.col("created_at").dt.year() - pl.col("age"),
            "gender": pl.col("gender"),
            "country_code": pl.col("country"),
            # The source writes a missing text as the word null.
            "postal_area": pl.col("postal_code").replace("null", None).str.slice(0, 3),
        },
    )
    return _mapped("customers", kept, account(users, table.name))


def _map_products(adapter: TheLook, given: Frames) -> Mapped:
    table = adapter.tables["products"]
    products = with_money(given["products"], table).with_columns(destination=pl.lit("products"))
    kept = feed_frame(
        "products",
        products,
        {
            "product_id": pl.col("id"),
            "name": pl.col("name"),
            "category": pl.col("category"),
            "brand": pl.col("brand"),
            "currency_code": pl.lit(adapter.currency),
            "unit_cost_amount": pl.col("cost"),
            "list_price_amount": pl.col("retail_price"),
        },
    )
    return _mapped("products", kept, account(products, table.name))


def _mapped(feed: str, rows: pl.DataFrame, accounts: pl.DataFrame) -> Mapped:
    return Mapped({feed: rows}, accounts, count_derived({}, ()))
