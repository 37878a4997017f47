"""Records of a file as rows of a table: columns by their names, the first of many, or one of many in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from mandje.adapters.recognise.heads import heads_of
from mandje.contracts.parts import Cells, Wide
from mandje.contracts.types import DELIVERY_COLUMNS, Column, Table
from mandje.ingest.read.text_rows import BROKEN_SCHEMA

_WHERE = list(DELIVERY_COLUMNS)
_AT = "@"
# Zero, or nothing.
_ZERO = r"^[+-]?0*(?:[.,]0*)?$"
_MOST_SHOWN = 80
# Rows without structure, with the columns that say where they came from, in the order of `broken`.
_BROKEN = (*_WHERE[:4], *BROKEN_SCHEMA, "delivery_part")


def source_names(table: Table) -> list[str]:
    """Columns of the file that a table reads; the file alone knows those that `wide` turns into rows."""
    part = table.part
    names = [column.at or column.name for column in table.columns]
    if part is None:
        return names
    if part.cells is not None:
        prefix = f"{part.cells.column}."
        return [*(name for name in names if not name.startswith(prefix)), part.cells.column]
    if part.wide is not None:
        made = {part.wide.name, part.wide.value}
        return [name for name in names if name not in made]
    return names


def wide_names(path: Path, table: Table, needed: frozenset[str]) -> Iterator[str]:
    """Columns of a file that a table turns into rows: those named, or those that fit; the pattern if none."""
    wide = table.part.wide if table.part is not None else None
    if wide is None:
        return
    if not isinstance(wide.columns, str):
        yield from wide.columns
        return
    heads = heads_of(path)
    found: frozenset[str] = next((head.names for head in heads if needed <= head.names), frozenset())
    yield from [name for name in sorted(found) if _is_wide(name, wide)] or [wide.columns]


def _is_wide(name: str, wide: Wide) -> bool:
    if isinstance(wide.columns, str):
        return re.fullmatch(wide.columns, name) is not None
    return name in wide.columns


def rows_of_records(records: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the table, as text, and records that hold none that can be read, in the form of `broken`."""
    part = table.part
    made, odd = records, _none(records)
    if part is not None and part.cells is not None:
        made, odd = _from_cells(records, part.cells)
    elif part is not None and part.wide is not None:
        made = _from_columns(records, part.wide, [*_WHERE, *source_names(table)])
    columns = [_column(made, column.at or column.name).alias(column.name) for column in table.columns]
    return made.select(*_WHERE, *columns), odd


def _column(rows: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in rows.columns else pl.lit(None, pl.String)


def _none(records: pl.DataFrame) -> pl.DataFrame:
    return _broken(records.clear(), pl.lit(None, pl.String), "packed_cell", pl.lit(None, pl.String))


def _broken(rows: pl.DataFrame, column: pl.Expr, rule: str, reason: pl.Expr) -> pl.DataFrame:
    told = rows.with_columns(column.alias("column_name"), pl.lit(rule).alias("rule"), reason.alias("reason"))
    return told.select(_BROKEN)


def _from_columns(records: pl.DataFrame, wide: Wide, kept: Iterable[str]) -> pl.DataFrame:
    names = list(dict.fromkeys(kept))
    own = [name for name in records.columns if name not in names and _is_wide(name, wide)]
    rows = records.with_columns(pl.int_range(pl.len()).alias("place")).unpivot(
        own, index=[*names, "place"], variable_name=wide.name, value_name=wide.value
    )
    part = pl.col(wide.name).alias("delivery_part")
    return rows.sort("place", maintain_order=True).with_columns(part)


def _from_cells(records: pl.DataFrame, cells: Cells) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row for each item of a cell; a cell of which a field has no name, or one twice, is broken."""
    cell = pl.col(cells.column)
    items = (
        records.filter(cell.str.strip_chars() != "")
        .with_columns(
            cell.str.strip_chars().str.strip_suffix(cells.items).str.split(cells.items).alias("item")
        )
        .with_columns(pl.int_ranges(pl.col("item").list.len()).alias("place"))
        .explode("item", "place")
    )
    fields = items.with_columns(pl.col("item").str.split(cells.fields).alias("field"))
    names = pl.col("field").list.eval(pl.element().str.split(cells.names).list.first().str.strip_chars())
    is_named = pl.col("field").list.eval(pl.element().str.contains(cells.names, literal=True)).list.all()
    told = fields.with_columns(
        names.alias("names"), (is_named & (names.list.n_unique() == names.list.len())).alias("is_sound")
    )
    bad = told.filter(~pl.col("is_sound").all().over("delivery_date", "delivery_file", "delivery_line"))
    once = bad.unique(("delivery_date", "delivery_file", "delivery_line"), maintain_order=True)
    words = (
        f"found a part that cannot be told, expected name{cells.names}value with {cells.fields} between them"
    )
    odd = _broken(once, pl.lit(cells.column), "packed_cell", pl.lit(words))
    sound = told.join(
        bad, on=("delivery_date", "delivery_file", "delivery_line"), how="anti", maintain_order="left"
    )
    return _with_fields(sound, cells), odd


def _with_fields(items: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    """Items with a column for each name of a field."""
    known = items["names"].explode(empty_as_null=False).unique(maintain_order=True).drop_nulls().to_list()
    starts = {name: pl.col("field").list.eval(_value_of(name, cells)).list.drop_nulls() for name in known}
    part = pl.concat_str(pl.lit(f"{cells.column}["), pl.col("place").cast(pl.String), pl.lit("]"))
    return items.with_columns(
        part.alias("delivery_part"),
        *(values.list.first().alias(f"{cells.column}.{name}") for name, values in starts.items()),
    )


def _value_of(name: str, cells: Cells) -> pl.Expr:
    """The value of a field that has this name."""
    parts = pl.element().str.splitn(cells.names, 2)
    own, value = parts.struct.field("field_0").str.strip_chars(), parts.struct.field("field_1")
    return pl.when(own == name).then(value)


def first_records(rows: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first row of each document, or all rows, and the documents of which two rows do not say the same.

    An empty value says nothing, so it contradicts nothing; nor does the tax rate of amounts that are 0.
    """
    document = table.part.first_of if table.part is not None else None
    if document is None:
        return rows, _none(rows)
    by = ("delivery_date", document)
    said = {column.name: _said(column, table) for column in table.columns if column.name != document}
    differ = [pl.when(text.drop_nulls().n_unique().over(by) > 1).then(pl.lit(n)) for n, text in said.items()]
    marked = rows.with_columns(
        (pl.int_range(pl.len()).over(by) == 0).alias("is_first"),
        pl.coalesce(*differ, pl.lit(None, pl.String)).alias("differing"),
        _both_said(said, by, table),
    )
    is_nameless = pl.col(document).str.strip_chars().replace("", None).is_null()
    kept = marked.filter(pl.col("is_first") | is_nameless)
    odd = kept.filter(pl.col("differing").is_not_null() & ~is_nameless)
    reason = pl.format(f"rows of one {document} do not say the same: found {{}}, expected one value", "both")
    broken = _broken(odd, pl.col("differing"), "disagrees", reason)
    return kept.filter(pl.col("differing").is_null() | is_nameless).select(rows.columns), broken


def _said(column: Column, table: Table) -> pl.Expr:
    """What a row says in a column; null for nothing."""
    text = pl.col(column.name).str.strip_chars().replace("", None)
    taxed = [pl.col(one.name) for one in table.columns if one.at in column.rate_of]
    if not taxed:
        return text
    return pl.when(pl.any_horizontal(~amount.str.strip_chars().str.contains(_ZERO) for amount in taxed)).then(
        text
    )


def _both_said(said: dict[str, pl.Expr], by: tuple[str, str], table: Table) -> pl.Expr:
    """In words, the first two values that differ; not those of a personal column, or with an address."""
    personal = {column.name for column in table.columns if column.personal}
    told = []
    for name, text in said.items():
        values = text.drop_nulls().unique(maintain_order=True)
        both = values.first().over(by) + "' and '" + values.slice(1, 1).first().over(by)
        shown = pl.concat_str(pl.lit("'"), both.str.slice(0, _MOST_SHOWN * 2), pl.lit("'"))
        is_personal = pl.lit(name in personal) | both.str.contains(_AT, literal=True)
        differs = text.drop_nulls().n_unique().over(by) > 1
        told.append(pl.when(differs & is_personal).then(pl.lit("two (not told)")).when(differs).then(shown))
    return pl.coalesce(*told, pl.lit(None, pl.String)).alias("both")
