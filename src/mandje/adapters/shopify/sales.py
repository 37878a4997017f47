"""Where every sale goes: Shopify's dated ledger of what an order gained and lost.

- Money is `totalAmount` less its tax; the tax is a row of its own (`sales_tax`).
- Of the two discounts that a sale names, the one before taxes is without tax: before discounts a sale is
  worth its money and that. Either reading leaves the same money.
- A gift card is no sale of goods, however it is sold: the shop owes for it. So it is a charge.
- An UPDATE changes what was sold, on its own day: a discount where it has one, else a correction.
- The same sale twice in a delivery (two operations overlap) counts once: its last row.
"""

from __future__ import annotations

import polars as pl

GOODS = "order_lines"
RETURN = "returns"
SHIPPING = "orders:shipping_amount"
CHARGE = "orders:other_charges_amount"
SHIPPING_REFUND = "adjustments:shipping_refund"
CHARGE_REFUND = "adjustments:charge_refund"
DISCOUNT = "adjustments:discount"
PRICE_CORRECTION = "adjustments:price_correction"
CONTAINER = "skipped:container"
REPEATED = "skipped:repeated"

SKIPPED_REASONS: dict[str, str] = {
    CONTAINER: "An agreement only says when and why its sales were made; they carry the money.",
    REPEATED: "The delivery holds the same order or sale again, further down: that row stands.",
}

_ORDER_TAX = "orders:tax_amount"
# What becomes of a sale by its action and what it is of; whatever is not here is not known.
_DESTINATIONS: dict[str, dict[str, str]] = {
    "ORDER": {"PRODUCT": GOODS, "SHIPPING": SHIPPING, "ADJUSTMENT": PRICE_CORRECTION},
    "RETURN": {"PRODUCT": RETURN, "SHIPPING": SHIPPING_REFUND, "ADJUSTMENT": PRICE_CORRECTION},
    "UPDATE": {"PRODUCT": PRICE_CORRECTION, "SHIPPING": SHIPPING_REFUND, "ADJUSTMENT": PRICE_CORRECTION},
}
_CHARGES = ("TIP", "GIFT_CARD", "DUTY", "FEE", "ADDITIONAL_FEE")
_CHARGED = {"ORDER": CHARGE, "RETURN": CHARGE_REFUND, "UPDATE": CHARGE_REFUND}


def digits(gid: str) -> pl.Expr:
    """The digits at the end of Shopify's own ids; null stays null."""
    return pl.col(gid).str.extract("([0-9]+)$")


def latest(rows: pl.DataFrame, *key: str, first_by: tuple[str, ...] = ()) -> pl.DataFrame:
    """Rows of each delivery in file order (after `first_by`), with `is_latest`: the last one of its key."""
    ordered = rows.sort("delivery_date", *first_by, "delivery_file", "delivery_line")
    return ordered.with_columns(pl.struct("delivery_date", *key).is_last_distinct().alias("is_latest"))


def with_destinations(sales: pl.DataFrame) -> pl.DataFrame:
    """Sales with `is_latest` and `destination`; null where nobody knows what a sale is."""
    return latest(sales, "order_id", "sale_id").with_columns(
        pl.when("is_latest").then(_destination()).otherwise(pl.lit(REPEATED)).alias("destination")
    )


def _destination() -> pl.Expr:
    action, kind, quantity = pl.col("action_type"), pl.col("line_type"), pl.col("quantity")
    is_charge = kind.is_in(_CHARGES) | ((kind == "PRODUCT") & pl.col("is_gift_card").fill_null(value=False))
    usual = pl.coalesce(
        pl.when(action == name).then(kind.replace_strict(kinds, default=None, return_dtype=pl.String))
        for name, kinds in _DESTINATIONS.items()
    )
    # Units sold are more than none; what comes back says how many it is.
    has_units = pl.when(usual == GOODS).then(quantity > 0).when(usual == RETURN).then(quantity.is_not_null())
    return (
        pl.when(is_charge)
        .then(action.replace_strict(_CHARGED, default=None, return_dtype=pl.String))
        .when((action == "UPDATE") & (kind == "PRODUCT") & (pl.col("discount_amount") != 0))
        .then(pl.lit(DISCOUNT))
        .when(has_units.otherwise(pl.lit(value=True)).fill_null(value=False))
        .then(usual)
    )


def tax_destination() -> pl.Expr:
    """Where the tax in a sale goes, by the sale's own `destination`."""
    feed = pl.col("destination").str.split(":").list.first()
    return (
        pl.when(feed.is_in(("returns", "adjustments")))
        .then(feed + ":tax_amount")
        .otherwise(pl.lit(_ORDER_TAX))
    )
