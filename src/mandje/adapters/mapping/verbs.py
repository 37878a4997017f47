"""Verbs of a mapping as expressions: each in one place.

Amounts are whole numbers of 1/10000 while tax is taken out of them, of 128 bits, so nothing is rounded twice.
"""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from mandje.adapters.exact import quotient, steps
from mandje.adapters.mapping.source_tables import AMOUNT, RATIO, SourceTable, Use, use_of
from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DECIMAL, POLARS_TYPES, RATE, TOTAL, Column
from mandje.shop.mapping_file import Constant, Value, join_column, join_text

_PLACES = 4
_WHOLE = 10**RATE.scale
_PRODUCT = pl.Decimal(38, 8)
# Amounts with tax whose tax is that of the row: what is charged, and what is taken off.
TAX_SIGNS = {
    "gross_amount": 1,
    "shipping_amount": 1,
    "other_charges_amount": 1,
    "refund_amount": 1,
    "amount": 1,
    "discount_amount": -1,
}


def targets(one: SourceTable) -> dict[str, pl.Expr]:
    """Expressions of the feed's columns over rows of the table, but for sums over several of them.

    `tax`, beside them, is what `ex_tax` took out of the row's amounts.
    """
    feed = {column.name: column for column in FEEDS[one.made.feed].columns}
    own = {
        name: _value(value, feed[name], one)
        for name, value in one.made.columns.items()
        if not (value.sum_of_lines or value.sum_of_taxes)
    }
    return {name: found.cast(POLARS_TYPES[feed[name].type]) for name, found in own.items()}


def tax_taken_out(one: SourceTable) -> pl.Expr:
    """What `ex_tax` took out of the amounts of a row, with its sign."""
    feed = {column.name: column for column in FEEDS[one.made.feed].columns}
    taxed = {n: v for n, v in one.made.columns.items() if v.ex_tax is not None and n in TAX_SIGNS}
    taxes = [
        (_with_tax(value, feed[name], one) - _value(value, feed[name], one)).fill_null(0) * TAX_SIGNS[name]
        for name, value in taxed.items()
    ]
    return sum(taxes, start=pl.lit(0).cast(TOTAL)).cast(DECIMAL)


def _value(value: Value, target: Column, one: SourceTable) -> pl.Expr:
    found = _with_tax(value, target, one)
    if value.ex_tax is None:
        return found
    if isinstance(value.ex_tax, Decimal):
        return _without_tax(found, pl.lit(value.ex_tax))
    return _without_tax(found, pl.col(one.names[Use(value.ex_tax, RATIO)]))


def _with_tax(value: Value, target: Column, one: SourceTable) -> pl.Expr:
    """The value before tax is taken out of it: source, map, empty, times, minus, in this order."""
    found = _source(value, target, one)
    if value.map:
        words = {word: _plain(constant, target) for word, constant in value.map.items()}
        found = found.replace_strict(words, default=None, return_dtype=POLARS_TYPES[target.type])
    if value.empty is not None:
        found = found.fill_null(_constant(value.empty, target))
    if value.factors:
        found = _times(
            found,
            *(
                _amount(factor, one) if isinstance(factor, str) else pl.lit(factor)
                for factor in value.factors
            ),
        )
    for name in value.less:
        found = found - (_amount(name, one) if value.empty is None else _amount(name, one).fill_null(0))
    return found


def _amount(name: str, one: SourceTable) -> pl.Expr:
    return pl.col(one.names[Use(name, AMOUNT)])


def _source(value: Value, target: Column, one: SourceTable) -> pl.Expr:
    columns = {name: pl.col(one.names[use_of(name, value, target, one.made)]) for name in value.reads}
    if value.is_ is not None:
        return _constant(value.is_, target)
    if value.join is not None:
        parts = ((join_column(part), part) for part in value.join)
        return pl.concat_str(
            pl.lit(join_text(part)) if name is None else columns[name] for name, part in parts
        )
    if value.counter_of is not None:
        return pl.int_range(1, pl.len() + 1).over(pl.col("delivery_date"), *columns.values())
    return pl.coalesce(columns.values())


def _constant(constant: Constant, target: Column) -> pl.Expr:
    return pl.lit(_plain(constant, target)).cast(POLARS_TYPES[target.type])


def _plain(constant: Constant, target: Column) -> Constant:
    """Whole numbers of decimal columns as decimals: of words that are mapped, all have one type."""
    return Decimal(constant) if target.type in {"decimal", "rate"} and isinstance(constant, int) else constant


def _times(amount: pl.Expr, *factors: pl.Expr) -> pl.Expr:
    product = amount.cast(_PRODUCT)
    for factor in factors:
        product = product * factor.cast(_PRODUCT)
    return product.round(_PLACES, mode="half_away_from_zero").cast(DECIMAL)


def _without_tax(amount: pl.Expr, ratio: pl.Expr) -> pl.Expr:
    """Amount / (1 + ratio), rounded half away from zero to four places."""
    return quotient(steps(amount.cast(DECIMAL)) * _WHOLE, steps(ratio.cast(RATE)) + _WHOLE)
