"""Which orders of Shopify's orders export are refused: those of which no reading ties, to the cent.

Two sums hold for every order, each in one of two readings; the one that ties is taken.

- Lines less their discounts less `Discount Amount` are the `Subtotal`; or `Discount Amount` has the
  discounts of the lines in it.
- `Subtotal`, `Shipping`, `Duties` and tips are the `Total`: prices have tax in them; or `Taxes` come on top.
"""

from __future__ import annotations

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.refusals import shown
from mandje.adapters.shopify.csv_documents import DOCUMENT, documents, money, priced

_NEEDED = ("Id", "Currency", "Created at")


def refused_documents(lines: pl.DataFrame) -> pl.DataFrame:
    """Names of orders that do not tie, in REFUSED_SCHEMA; orders that share a Name fall together."""
    wrong = (
        priced(documents(lines))
        .with_columns(_has_no_order().alias("has_no_order"), _what_does_not_tie().alias("words"))
        .filter(pl.col("has_no_order").is_not_null() | (pl.col("is_latest") & pl.col("words").is_not_null()))
        .unique(("delivery_date", "Name"), keep="first", maintain_order=True)
    )
    values = {
        "delivery_date": pl.col("delivery_date"),
        "document_id": pl.col("Name"),
        "rule": pl.when(pl.col("has_no_order").is_not_null())
        .then(pl.lit("no_order"))
        .otherwise(pl.lit("does_not_tie")),
        "reason": pl.coalesce("has_no_order", "words"),
    }
    return wrong.select(values[name].cast(kind).alias(name) for name, kind in REFUSED_SCHEMA.items())


def _has_no_order() -> pl.Expr:
    lacks = pl.any_horizontal(pl.col(name).is_null() for name in _NEEDED)
    return (
        pl.when(pl.col("number") == 0)
        .then(pl.lit("no line of it has a Subtotal: its first line is missing, or was rejected itself"))
        .when(lacks)
        .then(pl.lit(f"its first line lacks one of {', '.join(_NEEDED)}"))
    )


def _what_does_not_tie() -> pl.Expr:
    """In words, the sums of an order of which no reading ties."""
    goods = pl.when(pl.col("role") == "goods").then(pl.col("with_tax"))
    lines = pl.col("net").sum().over(DOCUMENT)
    is_shared = lines + pl.col("sent") + pl.col("duties") + pl.col("tax") == pl.col("total")
    return (
        pl.when(pl.col("spread").is_null())
        .then(
            _sums(
                "its lines are {} before discounts; discounts on lines are {}, Discount Amount is {}, "
                "so Subtotal cannot be {}",
                *("listed", "cut", "discount", "subtotal"),
            )
        )
        .when(pl.col("is_tax_in").is_null())
        .then(
            _sums(
                "Subtotal, Shipping, Duties and tips are {}, Taxes are {}, so Total cannot be {}",
                *("asked", "tax", "total"),
            )
        )
        .when((goods < 0).any().over(DOCUMENT))
        .then(_sums("discounts on lines are {}, Discount Amount is {}: more than goods", "cut", "discount"))
        .when(~is_shared)
        .then(_sums("Taxes are {}, but no line is taxable and nothing is charged for Shipping", "tax"))
    )


def _sums(words: str, *names: str) -> pl.Expr:
    return pl.format(words, *(shown(money(name)) for name in names))
