"""Rows of a Parquet file as documents: each row a line of JSON, structs and lists in it as they are."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
from duckdb.sqltypes import DuckDBPyType

from mandje.ingest.read.parquet_batches import opened
from mandje.ingest.read.text_rows import refusal
from mandje.ingest.read.unpacked import MOST_ROW_BYTES, Meter

_BATCH_ROWS = 8192
_MEMORY = "2GB"
# What some writers put around the elements of a list: `{"list": [{"element": …}]}`.
_LIST, _ELEMENT = "list", "element"


def parquet_lines(path: Path, meter: Meter) -> Iterator[pl.DataFrame]:
    """`line` and `text` of the rows, in order; the line of a row is its number + 1, as after a header.

    Raises:
        Refused: the file is damaged, or too big.
    """
    with opened(path) as file:
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        meter.check(sum(max(group.total_byte_size, 0) for group in groups))
    line = 2
    try:
        with duckdb.connect(config={"memory_limit": _MEMORY}) as connection:
            given = connection.read_parquet(glob.escape(str(path)), hive_partitioning=False)
            columns = zip(given.columns, given.types, strict=True)
            plain = ", ".join(f"{_quoted(name)} := {_plain(_quoted(name), kind)}" for name, kind in columns)
            rows = given.select(duckdb.SQLExpression(f"to_json(struct_pack({plain}))::VARCHAR").alias("text"))
            for batch in rows.to_arrow_reader(_BATCH_ROWS):
                text = pl.Series(batch.column(0))
                _count(text, meter)
                numbers = pl.int_range(line, line + len(text), dtype=pl.Int64, eager=True)
                yield pl.DataFrame({"line": numbers, "text": text})
                line += len(text)
    except duckdb.OutOfMemoryException:
        raise meter.refuse_row() from None
    except duckdb.Error as fault:
        first = str(fault).splitlines()[0]
        raise refusal("unreadable", "damaged or truncated Parquet", path, first, "a whole file") from None


def _count(text: pl.Series, meter: Meter) -> None:
    lengths = text.str.len_bytes()
    if int(lengths.max() or 0) > MOST_ROW_BYTES:  # type: ignore[arg-type]  # a number, of a column of numbers
        raise meter.refuse_row()
    meter.add(int(lengths.sum()))


def _plain(value: str, kind: DuckDBPyType, depth: int = 0) -> str:
    """SQL of a value without what is put around the elements of its lists."""
    if not _is_wrapped_inside(kind):
        return value
    one = f"one{depth}"
    if kind.id == "list":
        return f"list_transform({value}, lambda {one}: {_plain(one, _child(kind), depth + 1)})"
    if _is_wrapped(kind):
        element = _child(_child(_child(kind)))
        inner = _plain(f"{one}.{_ELEMENT}", element, depth + 1)
        return f"list_transform({value}.{_LIST}, lambda {one}: {inner})"
    parts = ", ".join(
        f"{_quoted(name)} := {_plain(f'{value}.{_quoted(name)}', child, depth)}"
        for name, child in _parts(kind)
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({parts}) END"


def _is_wrapped_inside(kind: DuckDBPyType) -> bool:
    if kind.id == "list":
        return _is_wrapped_inside(_child(kind))
    return kind.id == "struct" and (
        _is_wrapped(kind) or any(_is_wrapped_inside(child) for _, child in _parts(kind))
    )


def _is_wrapped(kind: DuckDBPyType) -> bool:
    return (
        _names(kind) == [_LIST] and _child(kind).id == "list" and _names(_child(_child(kind))) == [_ELEMENT]
    )


def _names(kind: DuckDBPyType) -> list[str]:
    return [name for name, _ in _parts(kind)] if kind.id == "struct" else []


def _child(kind: DuckDBPyType) -> DuckDBPyType:
    """The type in a list, or of the only part of a struct."""
    return _parts(kind)[0][1]


def _parts(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    """Names and types of what a struct or a list is made of; of an array there is a number, too."""
    return [(name, child) for name, child in kind.children if isinstance(child, DuckDBPyType)]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
