"""Online Retail: one file of invoice lines holds orders, returns, adjustments and products.

An invoice of digits is a sale, `C` and digits gives money back, `A` and digits writes off bad debt; stock
codes say what a line is (`online_retail_codes`). The source knows no customers beyond their numbers, so
there is no customers feed; it names no category, and no tax: prices are taken as they stand, without tax.

- An order is an invoice of digits with at least one line of positive quantity and price. It is placed at the
  earliest minute of its lines (a few invoices span two), is fulfilled, and may have no line of goods.
- Goods at price 0 on an order stay order lines (given free); without an order they are skipped.
- Money back on an invoice of digits does not occur in the real data but has a place: units back are returns,
  a negative price is a price correction (goods) or the refund of its charge.
- Exact duplicate lines are real and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters import online_retail_codes as codes
from mandje.adapters.base import FlatAdapter, Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame, only_site, unknown_source, with_money
from mandje.contracts.types import DECIMAL, Column, MoneyRule, Table
from mandje.shop.settings import ShopSettings

INVOICE = ("delivery_date", "InvoiceNo")
ZERO = pl.lit(0).cast(DECIMAL)


def _table(time_zone: str, currency: str) -> Table:
    return Table(
        "invoices",
        "One row per invoice line.",
        (
            Column(
                "InvoiceNo",
                "text",
                "id",
                "Invoice; C and digits gives money back, A and digits is bad debt.",
                is_id=True,
            ),
            Column("StockCode", "text", "id", "Product, or what else the line stands for.", is_id=True),
            Column("Description", "text", "text", "Name of the product, or a note.", nullable=True),
            Column("Quantity", "integer", "units", "Units; negative when they come back or are written off."),
            Column(
                "InvoiceDate", "timestamp", "local time", "When the line was booked.", time_zone=time_zone
            ),
            Column("UnitPrice", "decimal", "money", "Price of one unit."),
            Column("CustomerID", "text", "id", "Customer, where known.", nullable=True, is_id=True),
        ),
        ignored=("Country",),
        document="InvoiceNo",
        money=MoneyRule(("Quantity", "UnitPrice"), currency=currency),
    )


@dataclass(frozen=True, slots=True)
class OnlineRetail(FlatAdapter):
    """Maps invoice lines; all lines of an invoice in one delivery are looked at together."""

    table: Table
    site: str
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        """The one table."""
        return {self.table.name: self.table}

    @property
    def feeds(self) -> tuple[str, ...]:
        """Feeds that invoices become."""
        return ("orders", "order_lines", "returns", "adjustments", "products")

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Give every line its destination, then shape the feeds."""
        rows = tables.get(self.table.name, pl.DataFrame(schema=self.table.polars_schema()))
        lines = _with_destinations(with_money(rows, self.table))
        site = pl.lit(self.site)
        feeds = {
            "orders": _orders(lines, site),
            "order_lines": _order_lines(lines),
            "returns": _returns(lines, site),
            "adjustments": _adjustments(lines, site),
            "products": _products(lines),
        }
        return Mapped(feeds, account(lines, self.table.name), count_derived(feeds, ("orders", "products")))


def online_retail_adapter(source_name: str, settings: ShopSettings) -> OnlineRetail:
    """The adapter for the source `invoices`.

    Raises:
        MandjeError: another source name, or a shop with several sites.
    """
    if source_name != "invoices":
        raise unknown_source("online_retail", source_name, ("invoices",))
    site = only_site(settings, "online_retail")
    clock = settings.sites[site]
    time_zone = settings.sources[source_name].time_zone or clock.time_zone
    return OnlineRetail(_table(time_zone, clock.currency), site)


def _with_destinations(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines in file order with `destination`, `feed`, `feed_line` (1.. per invoice and feed), `is_order`."""
    invoice, quantity, price = pl.col("InvoiceNo").str.to_uppercase(), pl.col("Quantity"), pl.col("UnitPrice")
    is_sale = invoice.str.contains("^[0-9]+$")
    return (
        rows.sort("delivery_date", "delivery_file", "delivery_line")
        .join(codes.classify(rows["StockCode"]), on="StockCode", how="left", maintain_order="left")
        .with_columns((is_sale & ((quantity > 0) & (price > 0)).any().over(INVOICE)).alias("is_order"))
        .with_columns(
            pl.when(is_sale)
            .then(_sale_destination())
            .when(invoice.str.contains("^C[0-9]+$"))
            .then(pl.col("refunded"))
            .when(invoice.str.contains("^A[0-9]+$"))
            .then(pl.lit(codes.BAD_DEBT))
            .otherwise(pl.lit(codes.UNKNOWN_INVOICE))
            .alias("destination")
        )
        .with_columns(pl.col("destination").str.split(":").list.first().alias("feed"))
        .with_columns(pl.int_range(1, pl.len() + 1).over(*INVOICE, "feed").alias("feed_line"))
    )


def _sale_destination() -> pl.Expr:
    """Destination of a line on an invoice of digits."""
    quantity, price = pl.col("Quantity"), pl.col("UnitPrice")
    is_goods = pl.col("sold") == codes.GOODS
    return (
        pl.when(quantity == 0)
        .then(pl.lit(codes.NO_QUANTITY))
        .when((quantity < 0) & (price == 0))
        .then(pl.lit(codes.WRITE_OFF))
        .when((quantity > 0) & (price < 0) & is_goods)
        .then(pl.lit(codes.PRICE_CORRECTION))
        .when((quantity < 0) | (price < 0))
        .then(pl.col("refunded"))
        .when(pl.col("is_order"))
        .then(pl.col("sold"))
        .otherwise(pl.lit(codes.NOTHING_CHARGED))
    )


def _orders(lines: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    """One order per invoice and delivery, from all its lines; money from those that it charges."""
    destination = pl.col("destination")

    def charged(*destinations: str) -> pl.Expr:
        return pl.col("money_amount").filter(destination.is_in(destinations)).sum()

    orders = (
        lines.filter("is_order")
        .group_by(INVOICE, maintain_order=True)
        .agg(
            pl.col(
                "delivery_source", "delivery_sha256", "delivery_file", "delivery_line", "currency_code"
            ).first(),
            pl.col("InvoiceDate").min(),
            pl.col("CustomerID").drop_nulls().first(),
            charged(codes.SHIPPING).alias("shipping"),
            charged(codes.CHARGE).alias("charges"),
            charged(codes.GOODS, codes.SHIPPING, codes.CHARGE).alias("total"),
        )
    )
    return feed_frame(
        "orders",
        orders,
        {
            "order_id": pl.col("InvoiceNo"),
            "ordered_at": pl.col("InvoiceDate"),
            "customer_id": pl.col("CustomerID"),
            "site": site,
            "sales_channel": pl.lit("online"),
            "status": pl.lit("fulfilled"),
            "currency_code": pl.col("currency_code"),
            "discount_amount": ZERO,
            "shipping_amount": pl.col("shipping"),
            "other_charges_amount": pl.col("charges"),
            "tax_amount": ZERO,
            "total_amount": pl.col("total"),
        },
    )


def _order_lines(lines: pl.DataFrame) -> pl.DataFrame:
    return feed_frame(
        "order_lines",
        lines.filter(pl.col("feed") == "order_lines"),
        {
            "order_id": pl.col("InvoiceNo"),
            "line_number": pl.col("feed_line"),
            "product_id": pl.col("StockCode"),
            "quantity": pl.col("Quantity"),
            "currency_code": pl.col("currency_code"),
            "unit_price_amount": pl.col("UnitPrice"),
            "discount_amount": ZERO,
        },
    )


def _own_order() -> pl.Expr:
    """Money back that stands on the order's own invoice; a C invoice does not name its sale."""
    return pl.when("is_order").then(pl.col("InvoiceNo"))


def _returns(lines: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    return feed_frame(
        "returns",
        lines.filter(pl.col("feed") == "returns"),
        {
            "return_id": pl.col("InvoiceNo"),
            "line_number": pl.col("feed_line"),
            "order_id": _own_order(),
            "customer_id": pl.col("CustomerID"),
            "site": site,
            "product_id": pl.col("StockCode"),
            "returned_at": pl.col("InvoiceDate"),
            "quantity": -pl.col("Quantity"),
            "currency_code": pl.col("currency_code"),
            "refund_amount": -pl.col("money_amount"),
        },
    )


def _adjustments(lines: pl.DataFrame, site: pl.Expr) -> pl.DataFrame:
    return feed_frame(
        "adjustments",
        lines.filter(pl.col("feed") == "adjustments"),
        {
            "adjustment_id": pl.format("{}-{}", "InvoiceNo", "feed_line"),
            "adjusted_at": pl.col("InvoiceDate"),
            "order_id": _own_order(),
            "customer_id": pl.col("CustomerID"),
            "site": site,
            "kind": pl.col("destination").str.split(":").list.last(),
            "currency_code": pl.col("currency_code"),
            "amount": -pl.col("money_amount"),
        },
    )


def _products(lines: pl.DataFrame) -> pl.DataFrame:
    """Goods as the last priced line of a delivery names them."""
    named = (
        lines.filter(
            (pl.col("destination") == codes.GOODS)
            & (pl.col("UnitPrice") > 0)
            & pl.col("Description").is_not_null()
        )
        .group_by("delivery_date", "StockCode", maintain_order=True)
        .last()
    )
    return feed_frame(
        "products",
        named,
        {
            "product_id": pl.col("StockCode"),
            "name": pl.col("Description"),
            "category": pl.col("category"),
            "currency_code": pl.col("currency_code"),
        },
    )
