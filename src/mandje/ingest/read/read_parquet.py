"""Parquet as columns of text, exactly: every value as it would stand in a CSV file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mandje.contracts.types import Table
from mandje.ingest.read.header import match_header, told_by_header, unknown_names
from mandje.ingest.read.parquet_batches import batches, is_text, opened
from mandje.ingest.read.text_rows import Texts, holds_nul, refusal, set_apart
from mandje.ingest.read.unpacked import Meter
from mandje.ingest.values.number_ids import number_ids

# Rows of a file that are held at once where only some are looked for.
ORIGINAL_ROWS = 10_000


def read_parquet(path: Path, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    """The rows of a Parquet file in order; the line of a row is its number + 1, as if a header came first.

    Raises:
        Refused: damaged, other columns than the contract's, or a column of a type that has no text form.
    """
    with opened(path) as file:
        yield from _read(file, path, table, chunk_rows, meter)


def read_originals(path: Path, lines: Sequence[int], meter: Meter) -> Iterator[tuple[int, str]]:
    """Line and row of these lines, as a JSON object of texts; columns without a text form are left out.

    Raises:
        Refused: the file is damaged, or too big.
    """
    wanted = pl.Series("line", lines, dtype=pl.Int64).unique().sort()
    with opened(path) as file:
        first = 2
        schema = file.schema_arrow
        names = [name for name in schema.names if _has_text(schema.field(name).type)]
        for batch in batches(file, names, ORIGINAL_ROWS, meter):
            here = wanted.filter(wanted.is_between(first, first + batch.num_rows - 1))
            if here.len():
                yield from zip(here.to_list(), _as_json(batch, here - first), strict=True)
            first += batch.num_rows


def _as_json(rows: pa.RecordBatch, places: pl.Series) -> list[str]:
    columns = {name: _shown(array) for name, array in zip(rows.schema.names, rows.columns, strict=True)}
    chosen = pl.DataFrame(columns).select(pl.all().gather(places))
    return chosen.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()


def _shown(array: pa.Array) -> pl.Series:
    """The values as text; bytes that are none in hexadecimal digits."""
    text, fault = _as_text(array)
    if fault is None or not is_text(_value_type(array.type)):
        return text
    values = array.cast(pa.large_binary()).to_pylist()
    shown = [None if value is None else value.decode("utf-8", "backslashreplace") for value in values]
    return pl.Series(shown, dtype=pl.String)


def _read(file: pq.ParquetFile, path: Path, table: Table, chunk_rows: int, meter: Meter) -> Iterator[Texts]:
    schema = file.schema_arrow
    places = match_header(schema.names, table, path)
    names = {name: schema.names[place] for name, place in places.items()}
    for name in names.values():
        _refuse_type_without_text(schema.field(name).type, name, path)
    unknown, told = unknown_names(schema.names, table), told_by_header(schema.names, table)
    line = 2
    for batch in batches(file, list(names.values()), chunk_rows, meter):
        columns = {name: batch.column(delivered) for name, delivered in names.items()}
        texts = _texts(_with_whole_ids(columns, table), table, line)
        yield replace(texts, rows=told.plain(texts.rows), unknown=unknown)
        line += batch.num_rows


def _refuse_type_without_text(kind: pa.DataType, name: str, path: Path) -> None:
    if not _has_text(kind):
        raise refusal(
            "header",
            f"column {name} is of a type that is not read",
            path,
            str(kind),
            "text, a whole number, a float, a decimal of at most 38 digits, true or false, a day, or a time",
            next_step=f"let whoever writes the file cast {name} to one of these; text is always right",
        )


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _has_text(kind: pa.DataType) -> bool:
    kind = _value_type(kind)
    return bool(
        is_text(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or (pa.types.is_decimal(kind) and not pa.types.is_decimal256(kind))
        or pa.types.is_timestamp(kind)
        or pa.types.is_date(kind)
        or pa.types.is_null(kind)
    )


def _with_whole_ids(columns: dict[str, pa.Array], table: Table) -> dict[str, pa.Array]:
    """Columns with ids that are floats or decimals as text, as whole numbers where they are."""
    ids = {column.name for column in table.columns if column.is_id} & columns.keys()
    numbers = [name for name in ids if _may_have_fraction(columns[name].type)]
    return columns | {name: number_ids(_numbers(columns[name])).to_arrow() for name in numbers}


def _numbers(array: pa.Array) -> pl.Series:
    return pl.Series(array.dictionary_decode() if pa.types.is_dictionary(array.type) else array)


def _may_have_fraction(kind: pa.DataType) -> bool:
    kind = _value_type(kind)
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _texts(arrays: dict[str, pa.Array], table: Table, line: int) -> Texts:
    """Columns of one batch; a row with bytes that are no UTF-8 goes to the broken ones."""
    columns = {name: _as_text(array) for name, array in arrays.items()}
    rows = pl.DataFrame({name: text for name, (text, _) in columns.items()})
    lines = pl.Series(range(line, line + rows.height), dtype=pl.Int64)
    faults = {name: fault for name, (_, fault) in columns.items() if fault is not None}
    return set_apart(rows, lines, faults, table)


def _as_text(array: pa.Array) -> tuple[pl.Series, pl.Series | None]:
    """The values as text, and where they cannot be decoded (None: nowhere)."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array.type):
        return _decoded(array.cast(pa.large_binary()))
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    values = pl.Series(array)
    if values.dtype.is_float():
        return values.fill_nan(None).cast(pl.String), None  # tools write NaN where there is nothing
    if values.dtype == pl.Date:
        return _clock_text(values, "%Y-%m-%d", "", 1 / 86_400), None
    if isinstance(values.dtype, pl.Datetime):
        zone = "Z" if values.dtype.time_zone else ""
        per_second = {"ms": 10**3, "us": 10**6, "ns": 10**9}[values.dtype.time_unit]
        return _clock_text(values, "%Y-%m-%dT%H:%M:%S%.f", zone, per_second), None
    return values.cast(pl.String), None


def _decoded(array: pa.LargeBinaryArray) -> tuple[pl.Series, pl.Series | None]:
    values = pl.Series(array)
    try:
        decoded = values.cast(pl.String)
    except pl.exceptions.ComputeError:
        decoded = pl.Series([_decode(value) for value in values.to_list()], dtype=pl.String)
    if decoded.null_count() == values.null_count() and not _may_hold_nul(array):
        return decoded, None
    fault = decoded.is_null() & values.is_not_null() | holds_nul(decoded)
    return decoded, fault if fault.any() else None


def _may_hold_nul(array: pa.LargeBinaryArray) -> bool:
    """Whether a byte 0 is anywhere in the values: most columns need no look at each of them."""
    content = array.buffers()[2]
    return content is not None and b"\0" in content.to_pybytes()


def _decode(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _clock_text(values: pl.Series, form: str, zone: str, per_second: float) -> pl.Series:
    """Times from year 1 to 9999 in ISO 8601; others, which no calendar text can hold, as their number."""
    number = values.to_physical().cast(pl.Int64)
    seconds = number / per_second
    is_datable = seconds.is_between(-62_135_596_800, 253_402_300_799)
    text = values.set(~is_datable, None).dt.to_string(form) + zone
    return text.zip_with(is_datable.fill_null(value=True), number.cast(pl.String))
