"""Rows that break a rule, with the first rule broken, in the order of the contract's columns."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import DECIMAL, Column, Table
from mandje.ingest.read.parsed import REJECTED_SCHEMA
from mandje.ingest.rules.row_money import CURRENCY, MONEY
from mandje.ingest.rules.row_rules import TEXT, checks
from mandje.ingest.values.addresses import AT
from mandje.ingest.values.email_hash import hash_emails
from mandje.ingest.values.merge import merge
from mandje.ingest.values.written_forms import UNSETTLED

LONGEST_SHOWN = 80
ADDRESS = rf"[^\s@](?:{AT})[^\s@]"


def rejected_rows(rows: pl.DataFrame, broken: pl.DataFrame, table: Table, email_key: bytes) -> pl.DataFrame:
    """REJECTED_SCHEMA for rows that break at least one rule.

    `rows`: the frame that `row_rules.is_broken` reads, with the columns of `row_money.row_money`; `broken`:
    for each row a Boolean per contract column.
    """
    nth = [pl.when(pl.col(name)).then(place) for place, name in enumerate(table.names)]
    first = broken.select(pl.coalesce(nth)).to_series()
    frames = [
        _rejected(rows.filter(first == place), column, table, email_key)
        for place, column in enumerate(table.columns)
        if (first == place).any()
    ]
    return pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *frames])


def _rejected(rows: pl.DataFrame, column: Column, table: Table, email_key: bytes) -> pl.DataFrame:
    found = checks(column, table)
    said = rows.rechunk().with_columns(
        pl.coalesce(pl.when(check.broken).then(pl.lit(check.rule)) for check in found).alias("rule"),
        pl.coalesce(pl.when(check.broken).then(pl.lit(check.expected)) for check in found).alias("expected"),
        *_shown(rows[TEXT + column.name].rechunk(), column, email_key),
        pl.lit(table.name).alias("table_name"),
        pl.lit(column.name).alias("column_name"),
        pl.col(CURRENCY).alias("currency_code"),
        pl.col(MONEY).alias("money_amount"),
        document_id(table).alias("document_id"),
    )
    reason = pl.format("found {}, expected {}", "found", "expected").alias("reason")
    return said.rechunk().with_columns(reason).select(REJECTED_SCHEMA.keys())


def document_id(table: Table) -> pl.Expr:
    """The document that a row belongs to, as the feeds name it; null where there is none, or no sound id."""
    if table.document is None:
        return pl.lit(None, pl.String)
    site = pl.col("site") if "site" in table.names else pl.lit(None, pl.String)
    return pl.lit(table.document_prefix) + table.ids.prefixed(pl.col(table.document), site)


def _shown(text: pl.Series, column: Column, email_key: bytes) -> list[pl.Series]:
    """`value` as delivered, hashed where personal, and `found`, the same in words.

    An address that got into another column is personal there too.
    """
    text = text.str.strip_suffix(UNSETTLED)
    found = text.is_not_null() if column.personal else text.str.contains(ADDRESS)
    is_personal = found.fill_null(value=False)
    value = merge(text, is_personal, hash_emails(text.filter(is_personal), email_key))
    quoted = "'" + text.str.slice(0, LONGEST_SHOWN) + "'"
    hashed = pl.Series(["a value (hashed)"]).new_from_index(0, text.len())
    return [value.alias("value"), hashed.zip_with(is_personal, quoted.fill_null("nothing")).alias("found")]


def structural_rows(broken: pl.DataFrame, table: Table) -> pl.DataFrame:
    """REJECTED_SCHEMA for rows whose structure is at fault: no value, no money."""
    named = broken.with_columns(
        pl.lit(table.name).alias("table_name"),
        pl.lit(None, pl.String).alias("value"),
        pl.lit(None, pl.String).alias("document_id"),
        pl.lit(_currency_code(table), pl.String).alias("currency_code"),
        pl.lit(0).cast(DECIMAL).alias("money_amount"),
    )
    return named.select(REJECTED_SCHEMA.keys())


def _currency_code(table: Table) -> str | None:
    """The code that the money rule names, where it names no column."""
    if table.money is None or table.money.currency in table.names:
        return None
    return table.money.currency
