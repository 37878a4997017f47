"""What rows are worth before any rule, so that accepted and rejected money can be held against it."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import DECIMAL, MoneyRule, Table
from mandje.ingest.read.parsed import READ_SCHEMA

# A row worth this much is a fault of the source, and the sum of many would not fit DECIMAL(18,4).
MOST_WORTH = 10**12
# Columns beside those of the contract, so their names are none that a contract can have.
CURRENCY, MONEY, IS_TOO_MUCH = "read:currency", "read:money", "read:is_too_much"
NO_MONEY: dict[str, str | int | None] = {CURRENCY: None, MONEY: 0, IS_TOO_MUCH: False}
MONEY_TYPES = {CURRENCY: pl.String(), MONEY: DECIMAL, IS_TOO_MUCH: pl.Boolean()}


def row_money(values: pl.DataFrame, texts: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Per row CURRENCY, MONEY (0 where it cannot be read or is too much) and IS_TOO_MUCH.

    The currency is the text of the rule's column, or the code that the rule names; null without a rule.
    """
    rule = table.money
    if rule is None:
        return values.select(*(_per_row(value, name) for name, value in NO_MONEY.items()))
    is_too_much = values.select((_estimate(rule) >= MOST_WORTH).fill_null(value=False).alias(IS_TOO_MUCH))
    if is_too_much.to_series().any():
        fits = ~is_too_much.to_series()
        values = values.with_columns(pl.when(fits).then(pl.col(name)) for name in rule.columns)
    is_column = rule.currency in table.names
    currency = texts[rule.currency].alias(CURRENCY) if is_column else _per_row(rule.currency, CURRENCY)
    return values.select(currency, rule.polars().alias(MONEY), is_too_much.to_series())


def _estimate(rule: MoneyRule) -> pl.Expr:
    amounts = [pl.col(name).cast(pl.Float64).abs() for name in rule.factors]
    product = amounts[0]
    for amount in amounts[1:]:
        product = product * amount
    if rule.instead is not None:
        product = pl.coalesce(pl.col(rule.instead).cast(pl.Float64).abs(), product)
    others = [name for name in (rule.less, *rule.plus) if name is not None]
    size = product.fill_null(0)
    for name in others:
        size = size + pl.col(name).cast(pl.Float64).abs().fill_null(0)
    return size


def _per_row(value: str | int | None, name: str) -> pl.Expr:
    return pl.repeat(value, pl.len(), dtype=MONEY_TYPES[name]).alias(name)


def sum_read(rows: pl.DataFrame, structural: pl.DataFrame, table: Table) -> pl.DataFrame:
    """READ_SCHEMA from rows with `delivery_date`, CURRENCY and MONEY, and rejected rows without values."""
    named = rows.select("delivery_date", currency_code=CURRENCY, money_amount=MONEY)
    counted = pl.concat([named, structural.select(named.columns)])
    keys = ("delivery_date", "currency_code")
    sums = counted.group_by(keys).agg(pl.len().alias("row_count"), pl.col("money_amount").sum())
    sums = sums.sort(keys, nulls_last=True).with_columns(pl.lit(table.name).alias("table_name"))
    return sums.select(pl.col(name).cast(kind) for name, kind in READ_SCHEMA.items())
