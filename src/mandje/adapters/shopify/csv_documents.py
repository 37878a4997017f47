"""Lines of Shopify's orders export as whole orders, with the money of every line without tax.

The file tells tax per order only, and not whether prices have it in them; nor whether the discounts on
lines are in that of the order. Both follow from the sums: see `csv_ties`. Then

- a discount on the order is shared over its goods by amount,
- tax that is in the prices is shared over taxable lines, after discounts, and shipping by amount; prices
  without tax need no sharing,

each to the cent, what is left over on the largest. Amounts are whole numbers of 1/10000 meanwhile, of 128
bits: products of two do not overflow.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.shopify.sales import latest
from mandje.adapters.shopify.shares import part_of, with_shares
from mandje.contracts.types import DECIMAL

DOCUMENT = ("delivery_date", "delivery_file", "Name", "number")
# What is told of the order, on its first line; `Created at` and `Email` stand on others too.
_HEADER = (
    *("Id", "Email", "Created at", "Cancelled at", "Financial Status", "Fulfillment Status", "Currency"),
    *("Payment Method", "Source", "Discount Code"),
)
# Amounts of the order: name in the file → here.
_OF_ORDER = {
    "Subtotal": "subtotal",
    "Shipping": "shipping",
    "Taxes": "tax",
    "Duties": "duties",
    "Total": "total",
    "Discount Amount": "discount",
    "Refunded Amount": "refunded",
}
_WIDE = pl.Decimal(38, 4)


def documents(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines in file order with what is told of their order, amounts as whole numbers of 1/10000.

    A line with a Subtotal begins an order, also where two share a Name; `number` counts them, and is 0 on
    lines before any. `is_first` marks that line. `is_latest` is true on all lines of an order but where
    it comes again further down in the delivery. `role` is goods, tip or gift_card. See `_with_sums` and
    `_with_readings` for the rest.
    """
    is_first = pl.col("Subtotal").is_not_null()
    ordered = lines.sort("delivery_date", "delivery_file", "delivery_line").with_columns(
        is_first.alias("is_first"),
        is_first.cum_sum().over("delivery_date", "delivery_file", "Name").alias("number"),
    )
    headers = latest(ordered.filter("is_first"), "Id").select(
        *DOCUMENT, *_HEADER, "is_latest", *(_whole(name).alias(own) for name, own in _OF_ORDER.items())
    )
    bare = ordered.drop(*_HEADER, *_OF_ORDER)
    return _with_readings(_with_sums(bare.join(headers, on=DOCUMENT, how="left", maintain_order="left")))


def money(name: str) -> pl.Expr:
    """A whole number of 1/10000 as an amount."""
    return (pl.col(name).cast(_WIDE) / 10_000).cast(DECIMAL)


def _whole(name: str) -> pl.Expr:
    return (pl.col(name).cast(_WIDE) * 10_000).cast(pl.Int128).fill_null(0)


def _with_sums(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with `gross` and `less` (their own discount), and of the order `tips`, `cards`, `listed`, `cut`.

    A tip is not in the Subtotal; `listed` and `cut` are gross and discounts of all other lines.
    """
    name, is_free = (
        pl.col("Lineitem name").str.to_lowercase(),
        ~pl.col("Lineitem taxable").fill_null(value=True),
    )
    role = (
        pl.when(is_free & (name == "tip"))
        .then(pl.lit("tip"))
        .when(is_free & name.str.starts_with("gift card"))
        .then(pl.lit("gift_card"))
        .otherwise(pl.lit("goods"))
    )
    own = pl.col("gross") - pl.col("less")
    return lines.with_columns(
        role.alias("role"),
        (_whole("Lineitem price") * pl.col("Lineitem quantity").cast(pl.Int128)).alias("gross"),
        _whole("Lineitem discount").alias("less"),
    ).with_columns(
        _of("tip", own).sum().over(DOCUMENT).alias("tips"),
        _of("gift_card", own).sum().over(DOCUMENT).alias("cards"),
        (pl.col("gross").sum().over(DOCUMENT) - _of("tip", "gross").sum().over(DOCUMENT)).alias("listed"),
        (pl.col("less").sum().over(DOCUMENT) - _of("tip", "less").sum().over(DOCUMENT)).alias("cut"),
    )


def _of(role: str, value: str | pl.Expr) -> pl.Expr:
    """A value on lines of a role, 0 on others."""
    given = pl.col(value) if isinstance(value, str) else value
    return pl.when(pl.col("role") == role).then(given).otherwise(0)


def _with_readings(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with `spread` (the order's discount that no line has) and `is_tax_in`; null where no sum ties."""
    subtotal, discount, listed, cut = (pl.col(n) for n in ("subtotal", "discount", "listed", "cut"))
    asked = subtotal + pl.col("shipping") + pl.col("duties") + pl.col("tips")
    return lines.with_columns(
        pl.when(listed - cut - discount == subtotal)
        .then(discount)
        .when((listed - discount == subtotal) & (cut <= discount))
        .then(discount - cut)
        .alias("spread"),
        pl.when(asked == pl.col("total"))
        .then(pl.lit(value=True))
        .when(asked + pl.col("tax") == pl.col("total"))
        .then(pl.lit(value=False))
        .alias("is_tax_in"),
        asked.alias("asked"),
    )


def priced(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines of `documents` with money without tax: `net`, and `off`, what discounts took off it.

    Of the order: `sent` (shipping), `given_back` and `tax_back`. Nothing of an order that does not tie means
    anything.
    """
    after = pl.col("gross") - pl.col("less")
    spread = with_shares(
        lines.with_columns(_of("goods", after).alias("weight"), pl.lit(0).cast(pl.Int128).alias("none")),
        *("spread", "none", DOCUMENT),
    )
    is_taxed = (pl.col("role") == "goods") & pl.col("Lineitem taxable").fill_null(value=True)
    cut = spread.with_columns(
        (after - pl.col("share")).alias("with_tax"), (pl.col("less") + pl.col("share")).alias("cuts")
    ).with_columns(
        pl.when(is_taxed).then(pl.col("with_tax")).otherwise(0).alias("weight"),
        pl.when("is_tax_in").then(pl.col("tax")).otherwise(0).alias("tax_in"),
    )
    return (
        with_shares(cut, "tax_in", "shipping", DOCUMENT)
        .with_columns(
            (pl.col("with_tax") - pl.col("share")).alias("net"),
            (pl.col("shipping") - pl.col("share_of_more")).alias("sent"),
            _scaled("refunded", pl.col("total") - pl.col("tax"), pl.col("total")).alias("given_back"),
        )
        .with_columns(
            # What is given away whole shows no tax: its discount keeps it, before discounts and in them.
            _scaled("cuts", pl.col("net"), pl.col("with_tax")).alias("off"),
            (pl.col("refunded") - pl.col("given_back")).alias("tax_back"),
        )
    )


def _scaled(name: str, part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """An amount times part / whole, to the cent; as it is where both are the same, or the whole is 0."""
    amount = pl.col(name)
    return pl.when((whole > 0) & (part != whole)).then(part_of(amount, part, whole)).otherwise(amount)
