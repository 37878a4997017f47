"""An adapter in a package of its own: bills of a market stall, JSON lines with their items."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA, FlatAdapter, Kind, Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame, site_of, with_money
from mandje.contracts.columns import ZERO, currency_column, id_column, money_column, time_column
from mandje.contracts.parts import Part
from mandje.contracts.types import DECIMAL, Column, MoneyRule, Table
from mandje.shop.settings import ShopSettings

# How a file is known, whatever it is called: keys that it always has, and others that are no news.
KINDS = (Kind("bills", "Bills of the stall, JSON lines", "json", frozenset({"bill_no", "items", "sum"})),)

# What is read: a row per bill, and a row per object of its list `items`. `^bill_no` is the bill's own.
BILLS = Table(
    "bills",
    "One row per bill.",
    (
        id_column("bill_no", "Bill."),
        time_column("sold_at", "When it was paid."),
        currency_column("currency", "Currency of the bill."),
        money_column("sum", "What was asked."),
    ),
    document="bill_no",
    money=MoneyRule(("sum",), currency="currency"),
    part=Part("bills"),
    open=True,
)
ITEMS = Table(
    "items",
    "One row per item of a bill.",
    (
        Column("bill_no", "text", "id", "Bill.", is_id=True, at="^bill_no"),
        Column("currency", "text", "ISO 4217 code", "Currency of the bill.", at="^currency"),
        Column("line", "integer", "number", "Line of the bill."),
        id_column("sku", "Product."),
        Column("pieces", "decimal", "units", "Units.", minimum=ZERO, minimum_exclusive=True),
        money_column("price", "Price of all of them."),
    ),
    document="bill_no",
    money=MoneyRule(("price",), currency="currency"),
    part=Part("bills", "items"),
    open=True,
)
NOTHING = pl.lit(0).cast(DECIMAL)


class Bills(FlatAdapter):
    """Bills become orders, items their lines. A bill whose items do not add up is refused whole."""

    tables: Mapping[str, Table] = {BILLS.name: BILLS, ITEMS.name: ITEMS}
    feeds = ("orders", "order_lines")
    kinds = KINDS
    maps_rows_alone = True  # a bill maps without the others

    def __init__(self, site: str) -> None:
        """Of one site."""
        self.site = site

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Bills whose items are not worth what was asked."""
        key = ("delivery_date", "bill_no")
        sums = tables["items"].group_by(key).agg(pl.col("price").sum().alias("items"))
        bills = tables["bills"].join(sums, on=key, how="left").with_columns(pl.col("items").fill_null(0))
        wrong = bills.filter(pl.col("items") != pl.col("sum"))
        return wrong.select(
            "delivery_date",
            document_id="bill_no",
            rule=pl.lit("does_not_tie"),
            reason=pl.format("items are {}, but the sum says {}", "items", "sum"),
        ).cast(dict(REFUSED_SCHEMA))

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Orders and their lines; every row has one destination, with its money."""
        bills = with_money(tables["bills"], BILLS).with_columns(destination=pl.lit("orders"))
        items = with_money(tables["items"], ITEMS).with_columns(destination=pl.lit("order_lines"))
        feeds = {"orders": self._orders(bills), "order_lines": _order_lines(items)}
        accounts = pl.concat([account(bills, BILLS.name), account(items, ITEMS.name)])
        return Mapped(feeds, accounts, count_derived({}, ()))

    def _orders(self, bills: pl.DataFrame) -> pl.DataFrame:
        amounts = ("discount_amount", "shipping_amount", "other_charges_amount", "tax_amount")
        return feed_frame(
            "orders",
            bills,
            {
                "order_id": pl.col("bill_no"),
                "ordered_at": pl.col("sold_at"),
                "site": pl.lit(self.site),
                "sales_channel": pl.lit("store"),
                "status": pl.lit("fulfilled"),
                "currency_code": pl.col("currency"),
                "total_amount": pl.col("sum"),
            }
            | dict.fromkeys(amounts, NOTHING),
        )


def _order_lines(items: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "order_lines",
        items,
        {
            "order_id": pl.col("bill_no"),
            "line_number": pl.col("line"),
            "product_id": pl.col("sku"),
            "quantity": pl.col("pieces"),
            "currency_code": pl.col("currency"),
            "gross_amount": pl.col("price"),
            "discount_amount": NOTHING,
        },
    )


def bills_adapter(source_name: str, settings: ShopSettings) -> Bills:
    """What the entry point loads."""
    return Bills(site_of(settings, source_name))


# `mandje init --from` and refusals know the files by these.
bills_adapter.kinds = KINDS  # type: ignore[attr-defined]
