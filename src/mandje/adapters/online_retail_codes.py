"""Where every stock code of Online Retail that may not be a product goes, and why.

The source writes goods, postage, discounts, fees and its own costs as lines of one kind of invoice. The
first entry whose pattern matches the whole code, ignoring case, decides; a code that matches none is goods.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

GOODS = "order_lines"
RETURN = "returns"
SHIPPING = "orders:shipping_amount"
CHARGE = "orders:other_charges_amount"
BAD_DEBT = "adjustments:bad_debt"
PRICE_CORRECTION = "adjustments:price_correction"
SHIPPING_REFUND = "adjustments:shipping_refund"
CHARGE_REFUND = "adjustments:charge_refund"
DISCOUNT = "adjustments:discount"
SHOP_COST = "adjustments:shop_cost"

# Lines that stand for nothing sold, refunded or owed; their money is 0 but for the last.
WRITE_OFF = "skipped:stock_write_off"
NO_QUANTITY = "skipped:no_quantity"
NOTHING_CHARGED = "skipped:nothing_charged"
UNKNOWN_INVOICE = "skipped:unknown_invoice_kind"

SKIPPED_REASONS: dict[str, str] = {
    WRITE_OFF: "Stock leaves without a price on an invoice that is not C: the warehouse's own bookkeeping.",
    NO_QUANTITY: "No units, so nothing moved and nothing is owed.",
    NOTHING_CHARGED: "Units without a price on an invoice where no line has one: no order.",
    UNKNOWN_INVOICE: "The invoice number is not digits, alone or after C or A: not known what it is.",
}


@dataclass(frozen=True, slots=True)
class Code:
    """Destinations of the lines of one code: on an invoice of digits (money in), and money back (C)."""

    pattern: str  # regular expression for the whole code in capitals
    sold: str
    refunded: str
    why: str


CODES: tuple[Code, ...] = (
    Code(
        r"[0-9]{5}.*",
        GOODS,
        RETURN,
        "Five digits, then letters for colour or size: goods from the catalogue.",
    ),
    Code(r"DCGS.*", GOODS, RETURN, "Goods of the sister shop Dotcomgiftshop, sold by the unit like others."),
    Code(r"PADS", GOODS, RETURN, "Cushion pads: goods, at a token price."),
    Code(
        r"GIFT_0001_[0-9]+",
        GOODS,
        RETURN,
        "Gift vouchers are sold by the unit and nothing says when they are spent.",
    ),
    Code(r"POST", SHIPPING, SHIPPING_REFUND, "Postage that the customer pays, or gets back."),
    Code(r"DOT", SHIPPING, SHIPPING_REFUND, "Postage of orders through Dotcomgiftshop."),
    Code(r"C2", SHIPPING, SHIPPING_REFUND, "Carriage: postage under another name."),
    Code(r"M", CHARGE, CHARGE_REFUND, "Manual lines: an amount typed by hand that names no goods."),
    Code(
        r"D",
        CHARGE,
        DISCOUNT,
        "Discounts are only ever given on C invoices; one on a sale would be its reversal.",
    ),
    Code(
        r"S",
        CHARGE,
        SHOP_COST,
        "Samples: charged now and then; given away on C invoices, which the shop bears.",
    ),
    Code(
        r"AMAZONFEE",
        CHARGE,
        SHOP_COST,
        "Fee of the marketplace: the shop's cost on C; on a sale it is passed on.",
    ),
    Code(
        r"BANK CHARGES",
        CHARGE,
        SHOP_COST,
        "Fee of the bank: the shop's cost on C; on a sale it is passed on.",
    ),
    Code(
        r"CRUK",
        CHARGE,
        SHOP_COST,
        "Commission to the charity Cancer Research UK: a cost; never seen on a sale.",
    ),
    Code(
        r"B",
        CHARGE,
        BAD_DEBT,
        "Bad debt written off; stands on A invoices, which are bad debt whatever the code.",
    ),
)
# Not lost, and to be seen: sold at a price, so it counts; its product stands in UNKNOWN_CATEGORY.
UNKNOWN = Code(
    r".*", GOODS, RETURN, "A code that this table does not know was sold at a price, so it counts as goods."
)

NO_CATEGORY = "(none)"
UNKNOWN_CATEGORY = "(unknown code)"


def classify(codes: pl.Series) -> pl.DataFrame:
    """One row per distinct code: `StockCode`, `sold`, `refunded`, `category`."""
    capitals = pl.col("StockCode").str.to_uppercase()
    sold, refunded = pl.lit(UNKNOWN.sold), pl.lit(UNKNOWN.refunded)
    category = pl.lit(UNKNOWN_CATEGORY)
    for code in reversed(CODES):
        matches = capitals.str.contains(f"^(?:{code.pattern})$")
        sold = pl.when(matches).then(pl.lit(code.sold)).otherwise(sold)
        refunded = pl.when(matches).then(pl.lit(code.refunded)).otherwise(refunded)
        category = pl.when(matches).then(pl.lit(NO_CATEGORY)).otherwise(category)
    distinct = codes.unique(maintain_order=True).alias("StockCode").to_frame()
    return distinct.with_columns(sold.alias("sold"), refunded.alias("refunded"), category.alias("category"))
