"""Products of an event: a row for each, and what each is worth without tax."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from mandje.adapters.exact import quotient, steps, without_tax
from mandje.adapters.ga4.words import OF_PRODUCTS, told
from mandje.adapters.refusals import refused_as
from mandje.contracts.types import DECIMAL

_PRICE, _UNITS = r"-?[0-9]{1,12}(?:\.[0-9]+)?", r"[0-9]{1,6}(?:\.[0-9]{1,4})?"
_TEXT = r'null|"(?:[^"\\]|\\.)*"'
_ITEM = rf'\{{"item_id":(?:{_TEXT}),"price":(?:null|"{_PRICE}"),"quantity":(?:null|"{_UNITS}")\}}'
_SOUND = rf"^\[(?:{_ITEM}(?:,{_ITEM})*)?\]$"
_ITEMS = pl.List(pl.Struct(dict.fromkeys(("item_id", "price", "quantity"), pl.String)))
# Of a price, so many places are read: floats have more of them, which tell nothing.
_PRICE_PLACES, _UNIT_PLACES = 8, 4
# Finer ones would make a product of more than 128 bits.
_RATIO_STEP = Decimal("0.0000001")


def refused_events(events: pl.DataFrame) -> pl.DataFrame:
    """Events of products whose price or quantity is no number: REFUSED_SCHEMA."""
    is_wrong = _is_of_products() & ~pl.col("items").str.contains(_SOUND)
    reason = pl.format(
        "found the products {}, expected a price and a quantity from 0 that are numbers",
        pl.col("items").str.slice(0, 200),
    )
    return refused_as(events.filter(is_wrong), "event_id", "item", reason)


def with_items(events: pl.DataFrame, tax_ratio: Decimal) -> pl.DataFrame:
    """A row for each product of events of products, one for each other event, in their order.

    Adds `product_id`, `quantity`, `value_amount` (without tax) and `place`, from 0, of a product.
    """
    listed = pl.when(_is_of_products()).then(pl.col("items")).str.json_decode(_ITEMS)
    rows = events.with_columns(listed.alias("item")).with_columns(
        pl.when(pl.col("item").list.len() > 0).then(pl.int_ranges(pl.col("item").list.len())).alias("place"),
        pl.when(pl.col("item").list.len() > 0).then("item").alias("item"),
    )
    product = pl.when(pl.col("place").is_not_null())
    return (
        rows.explode("item", "place")
        .drop("items")
        .unnest("item")
        .with_columns(
            told("item_id").alias("product_id"),
            product.then(pl.col("quantity").fill_null("1")).cast(DECIMAL).alias("quantity"),
            product.then(_worth(tax_ratio))
            .otherwise(without_tax(pl.col("value"), tax_ratio))
            .alias("value_amount"),
        )
    )


def _is_of_products() -> pl.Expr:
    return pl.col("event_name").is_in(OF_PRODUCTS) & pl.col("items").is_not_null()


def _worth(tax_ratio: Decimal) -> pl.Expr:
    """Price times quantity (1 where it is not told), without tax."""
    price = pl.col("price").str.replace(rf"(\.[0-9]{{{_PRICE_PLACES}}})[0-9]+$", "$1")
    units = pl.col("quantity").fill_null("1").cast(pl.Decimal(38, _UNIT_PLACES))
    product = steps(price.cast(pl.Decimal(38, _PRICE_PLACES))) * steps(units)
    above, below = (1 + tax_ratio.quantize(_RATIO_STEP)).as_integer_ratio()
    return quotient(product * below, above * 10 ** (_PRICE_PLACES + _UNIT_PLACES - DECIMAL.scale))
