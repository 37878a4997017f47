"""Text to typed columns, strictly: what cannot be read exactly becomes null, which `ingest.rules` explains.

Each type has a form that most values take, read in all columns at once; values in another form are read by
a second, slower pass over those rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

import polars as pl

from mandje.contracts.columns import CUSTOMER
from mandje.contracts.types import DECIMAL, POLARS_TYPES, RATE, Column, Table
from mandje.ingest.values.addresses import without_addresses
from mandje.ingest.values.email_hash import read_emails
from mandje.ingest.values.ids import Decide, read_ids, without_placeholders
from mandje.ingest.values.merge import merge
from mandje.ingest.values.reading_notes import Noted
from mandje.ingest.values.timestamps import read_dates, read_timestamps, usual_timestamps

# Decimals by type: as many places after the point as one holds without rounding.
DECIMALS = {"decimal": DECIMAL, "rate": RATE}
LONG_DECIMAL = r"^[+-]?[0-9]*\.[0-9]+$"
EXPONENT = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]{1,3}$"
BOOLEANS = {
    "true": True,
    "t": True,
    "yes": True,
    "1": True,
    "false": False,
    "f": False,
    "no": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Values:
    """All columns of the contract twice, as text and in their types, and what was noted on the way."""

    texts: pl.DataFrame
    values: pl.DataFrame
    noted: tuple[Noted, ...]


def read_values(rows: pl.DataFrame, table: Table, email_key: bytes, decide: Decide) -> Values:
    """Read all columns of the contract.

    A value is null where its text is null or cannot be read. White space around a value is nothing, but is
    kept in a text that is no id. No address is left in a text.
    """
    usual = rows.with_columns(_usual(column, rows[column.name]) for column in table.columns)
    read = {
        column.name: _read(column, rows[column.name], usual[column.name], email_key)
        for column in table.columns
        if not column.is_id
    }
    noted: list[Noted] = []
    for column in table.columns:
        if column.is_id:
            ids = read_ids(column, rows[column.name], table.ids.placeholders, email_key, decide)
            read[column.name] = ids.text, ids.value
            noted += ids.noted
        elif _is_free_text(column):
            text, value = read[column.name]
            value, held = without_addresses(value)
            read[column.name] = text, value
            noted += [] if held is None else [Noted(column.name, "address", held)]
        elif column.is_email:
            text, value = read[column.name]
            left = text.is_not_null() & value.is_null()
            text, found = without_placeholders(text, left, table.ids.placeholders)
            read[column.name] = text, value
            noted += [Noted(column.name, "placeholder", found)]
    values = pl.DataFrame([read[name][1] for name in table.names])
    texts = pl.DataFrame([read[name][0] for name in table.names])
    return Values(texts, _fill_hashes(values, texts, table, noted), tuple(noted))


def _is_free_text(column: Column) -> bool:
    return column.type == "text" and not (column.is_email or column.allowed or column.pattern)


def _fill_hashes(
    values: pl.DataFrame, texts: pl.DataFrame, table: Table, noted: Iterable[Noted]
) -> pl.DataFrame:
    """The hash of an address that stood in `customer_id`, where the row has no other."""
    hashes = next((column.name for column in table.columns if column.is_email), None)
    held = [one.rows for one in noted if (one.column, one.kind) == (CUSTOMER.name, "address")]
    if hashes is None or not held:
        return values
    is_empty = held[0] & texts[hashes].is_null()
    own = pl.when(is_empty).then(pl.col(CUSTOMER.name)).otherwise(pl.col(hashes))
    return values.with_columns(own.alias(hashes))


def _read(column: Column, text: pl.Series, value: pl.Series, email_key: bytes) -> tuple[pl.Series, pl.Series]:
    """Text and value of a column, once more with care on the rows that the usual form left."""
    if column.type == "text" and not column.is_email:
        clean = _without_blanks(text)
        return clean, clean
    if value.null_count() == text.null_count():
        return text, value
    left = text.is_not_null() & value.is_null()
    bare = _bare(text.filter(left))
    return merge(text, left, bare), merge(value, left, _read_again(column, bare, email_key))


def _without_blanks(text: pl.Series) -> pl.Series:
    """Only a text that begins below "!" or past ASCII can be white space and nothing else."""
    suspect = ((text < "!") | (text > "\x7f")).fill_null(value=False)
    if not suspect.any():
        return text
    whole = text.filter(suspect)
    return merge(text, suspect, whole.set(_bare(whole).is_null(), None))


def _bare(text: pl.Series) -> pl.Series:
    bare = text.str.strip_chars()
    return bare.set(bare == "", None)


def _usual(column: Column, text: pl.Series) -> pl.Expr:
    """The form that most values have; null where there is no such form."""
    value = pl.col(column.name)
    if column.type == "integer":
        return value.cast(pl.Int64, strict=False)
    if column.type == "boolean":
        return value.str.to_lowercase().replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)
    if column.type == "timestamp":
        return usual_timestamps(column, text)
    if column.type == "date":
        return read_dates(value).alias(column.name)
    is_exact = column.round_to in (None, DECIMAL.scale)  # rounded to fewer places, the usual form may change
    has_usual_form = not column.is_email and is_exact
    usual = value if has_usual_form else pl.lit(None, pl.String).alias(column.name)
    if column.type in DECIMALS and has_usual_form:
        usual = pl.when(value.str.contains(_plain(DECIMALS[column.type].scale))).then(value)
    return usual.cast(POLARS_TYPES[column.type], strict=False).alias(column.name)


def _read_again(column: Column, bare: pl.Series, email_key: bytes) -> pl.Series:
    """The usual form without white space around it, then the other forms of the type."""
    value = bare.to_frame().with_columns(_usual(column, bare)).to_series()
    reader = _second_reader(column, email_key)
    left = bare.is_not_null() & value.is_null()
    return merge(value, left, reader(bare.filter(left))) if reader and left.any() else value


def _second_reader(column: Column, email_key: bytes) -> Callable[[pl.Series], pl.Series] | None:
    if column.is_email:
        return lambda text: read_emails(text, email_key)
    if column.type == "timestamp" and column.ticks_per_second is None:
        return lambda text: read_timestamps(text, column.time_zone)
    if column.type in DECIMALS:
        places, kind = column.round_to, DECIMALS[column.type]
        if places is None:
            return lambda text: read_long_decimals(text, kind)
        return lambda text: read_floats(text, places)
    return None


def read_long_decimals(text: pl.Series, kind: pl.Decimal) -> pl.Series:
    """Decimals written with zeros after the last place that the type has."""
    short = text.str.replace(rf"^([+-]?[0-9]*\.[0-9]{{{kind.scale}}})0+$", "$1")
    return short.set(~short.str.contains(_plain(kind.scale)), None).cast(kind, strict=False)


def _plain(places: int) -> str:
    """The form of a decimal with at most so many places after the point."""
    return rf"^[+-]?(?:[0-9]+(?:\.[0-9]{{1,{places}}})?|\.[0-9]{{1,{places}}})$"


def read_floats(text: pl.Series, places: int) -> pl.Series:
    """Binary floats as text, rounded half away from zero to `places`, exactly.

    Digits past the first one dropped cannot change such a rounding, so they are cut off first.
    """
    is_plain = text.str.contains(r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$")
    cut = text.str.replace(rf"(\.[0-9]{{{places + 1}}})[0-9]+$", "$1")
    exact = cut.set(~is_plain, None).cast(pl.Decimal(38, places + 1), strict=False)
    rounded = exact.round(places, mode="half_away_from_zero").cast(DECIMAL, strict=False)
    has_exponent = text.str.contains(EXPONENT)
    return merge(rounded, has_exponent, _read_exponents(text.filter(has_exponent), places))


def _read_exponents(text: pl.Series, places: int) -> pl.Series:
    distinct = text.unique()
    values = pl.Series([_round(value, places) for value in distinct.to_list()], dtype=DECIMAL)
    return text.replace_strict(distinct, values, default=None, return_dtype=DECIMAL)


def _round(text: str, places: int) -> Decimal | None:
    with localcontext(prec=60):
        try:
            value = Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        except InvalidOperation:
            return None
    return value if abs(value) < 10**14 else None  # what DECIMAL(18,4) holds
