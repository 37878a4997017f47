"""Lines of JSON, one document each, unpacked into the rows of logical tables by DuckDB: values as text.

DuckDB reads a number as a binary float where it has a fraction: amounts below 10^11 with four places survive
that exactly, and a longer one has so many digits that it breaks the rule of precision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import duckdb
import polars as pl
import pyarrow as pa

from mandje.adapters.base import Kind
from mandje.contracts.types import Table
from mandje.ingest.documents.linked import TYPE_SQL, linked_sql, types_of
from mandje.ingest.documents.paths import (
    first_lists,
    keys_of,
    list_steps,
    path_of,
    paths_of,
    settled,
    shape_of,
    value_sql,
)
from mandje.ingest.read.text_rows import broken_rows

_Result = TypeVar("_Result")

_BATCH_ROWS = 8192
# So polars takes texts over as DuckDB made them, without a copy.
_ARROW: dict[str, str | bool | int | float | list[str]] = {
    "arrow_output_version": "1.4",
    "produce_arrow_string_view": "true",
}
KEYS_LOOKED_AT = 1000
_NO_OBJECT = "found a line that is no JSON object, expected one object per line"
_NO_LIST = "found something else than a list, expected a list of objects"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Rows by table: `place` (row of the lines given), `delivery_part`, then the contract's columns as text.

    `broken`: lines of which nothing was read, as `place` and BROKEN_SCHEMA. `unknown_keys`: `place` of a
    line of the delivery, `column_name` and `row_count` of keys that the kind is not known to have, in the
    first KEYS_LOOKED_AT lines of files.
    """

    rows: Mapping[str, pl.DataFrame]
    broken: pl.DataFrame
    unknown_keys: pl.DataFrame


def database() -> duckdb.DuckDBPyConnection:
    """What many chunks are unpacked in beside each other: two threads on one chunk only cost more."""
    return duckdb.connect(config=_ARROW | {"threads": "1"})


def unpack(
    lines: pl.DataFrame,
    kind: Kind,
    tables: Sequence[Table],
    given: duckdb.DuckDBPyConnection | None = None,
) -> Unpacked:
    """Unpack documents of one kind.

    `lines` has `delivery_date`, `delivery_line` and `text`; `tables` are all that belong to the kind, and the
    first has a row for each document. `given` is a connection of its own to a `database`, and closed here.
    """
    tables = settled(tables, lines["text"])
    with given or duckdb.connect(config=_ARROW) as connection:
        connection.register("given", _arrow(lines))
        if len(tables) == 1 and _is_whole(tables[0]):
            rows, broken = _at_once(connection, lines, tables[0])
        else:
            rows, broken = _one_by_one(connection, lines, tables)
        return Unpacked(rows, broken, _unknown_keys(connection, kind, tables))


def _is_whole(table: Table) -> bool:
    """Whether the documents themselves are the rows."""
    return table.part is not None and not table.part.path


def _at_once(
    connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, table: Table
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Rows of the only table and the broken lines, read as they come: no document is kept."""
    values = ", ".join(f'{value_sql("doc", column)} AS "{column.name}"' for column in table.columns)
    found = _read(
        lambda read: connection.sql(
            f"SELECT place, NULL AS delivery_part, {values}, doc IS NULL AS is_broken FROM ({read})",
            params=[shape_of([table])],
        ).to_arrow_table()
    )
    rows = _as_texts(found, table)
    broken = rows.filter("is_broken")["place"].to_list()
    if broken:
        rows = rows.filter(~pl.col("is_broken"))
    return {table.name: rows.drop("is_broken")}, _told(lines, broken, "json", _NO_OBJECT)


def _one_by_one(
    connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, tables: Sequence[Table]
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Rows of each table and the broken lines, of documents that are read once: table `documents`."""
    shape = [shape_of(tables)]
    _read(lambda read: connection.execute(f"CREATE TEMP TABLE documents AS {read}", shape))
    broken = _broken(connection, lines, tables)
    return {table.name: _rows(connection, table) for table in tables}, broken


def _read(run: Callable[[str], _Result]) -> _Result:
    """What a query makes of the lines with their document, `doc`, null where a line is none."""
    query = "SELECT * EXCLUDE (text), CASE WHEN text LIKE '{{%' THEN {} END AS doc FROM given"
    try:  # to try line by line costs a third more, and hardly ever a line is broken
        return run(query.format("from_json(text, ?)"))
    except duckdb.InvalidInputException:
        return run(query.format("try(from_json(text, ?))"))


def _arrow(lines: pl.DataFrame) -> object:
    """The lines as DuckDB reads them, numbered by their place, in small batches; no text is copied."""
    numbered = lines.select(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("place"),
        pl.col("delivery_line").alias("line"),
        pl.col("delivery_date").alias("delivery"),
        "text",
    )
    table = numbered.to_arrow(compat_level=pl.CompatLevel.newest())
    return type(table).from_batches(table.to_batches(max_chunksize=_BATCH_ROWS), schema=table.schema)


def _rows(connection: duckdb.DuckDBPyConnection, table: Table) -> pl.DataFrame:
    is_linked = table.part is not None and table.part.linked_by is not None
    query = linked_sql(table) if is_linked else _nested_sql(table)
    return _as_texts(connection.sql(query).to_arrow_table(), table)


def _as_texts(found: pa.Table, table: Table) -> pl.DataFrame:
    rows = pl.DataFrame(found).cast(dict.fromkeys(("delivery_part", *table.names), pl.String))
    return rows if rows["place"].is_sorted() else rows.sort("place", maintain_order=True)


def _nested_sql(table: Table) -> str:
    """Rows of a table; `o0` is the document, `o1` an object in its list."""
    steps = list_steps(table)
    parts = [
        f"'{'.'.join(keys_of(step))}[' || (i{depth} - 1) || ']'" for depth, step in enumerate(steps, start=1)
    ]
    part = " || '.' || ".join(parts) or "NULL"
    values = [
        f'{value_sql(f"o{max(len(steps) - path_of(column).above, 0)}", column)} AS "{column.name}"'
        for column in table.columns
    ]
    source = "SELECT place, doc AS o0 FROM documents WHERE doc IS NOT NULL"
    for depth, step in enumerate(steps, start=1):
        place = f"o{depth - 1}{_quoted(step)}"
        source = f"""
            SELECT *, unnest({place}) AS o{depth}, generate_subscripts({place}, 1) AS i{depth}
            FROM ({source})
        """
    return f"SELECT place, {part} AS delivery_part, {', '.join(values)} FROM ({source})"


def _broken(
    connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, tables: Sequence[Table]
) -> pl.DataFrame:
    """Lines that are no document, or of no type that is read, or with something else in a list's place."""
    frames = [_told(lines, _places(connection, "doc IS NULL"), "json", _NO_OBJECT)]
    if types := types_of(tables):
        is_other = f"doc IS NOT NULL AND coalesce({TYPE_SQL.format('doc')}, '') NOT IN ({_texts(types)})"
        expected = f"found a line of another type, expected an id of {', '.join(types)}"
        frames.append(_told(lines, _places(connection, is_other), "allowed", expected, "id"))
    for step in first_lists(tables):
        without = _places(connection, f"doc IS NOT NULL AND doc{_quoted(step)} IS NULL")
        others = _with_something_else(lines, without, step)
        frames.append(_told(lines, others, "type", _NO_LIST, ".".join(keys_of(step))))
    broken = pl.concat(frames).unique("place", keep="first", maintain_order=True)
    if broken.height:
        connection.execute(
            "UPDATE documents SET doc = NULL WHERE place IN (SELECT unnest(?))", [broken["place"].to_list()]
        )
    return broken


def _quoted(step: str) -> str:
    """SQL of a step, after that of the object it begins in."""
    return "".join(f'."{key}"' for key in keys_of(step))


def _places(connection: duckdb.DuckDBPyConnection, where: str) -> list[int]:
    found = connection.execute(f"SELECT place FROM documents WHERE {where} ORDER BY place").fetchall()
    return [place for (place,) in found]


def _with_something_else(lines: pl.DataFrame, places: list[int], step: str) -> list[int]:
    """Those of some documents without a list at this step that have another value there."""
    if not places:
        return []
    found = (
        lines["text"].gather(places).str.json_path_match("$" + "".join(f"['{key}']" for key in keys_of(step)))
    )
    return [place for place, value in zip(places, found, strict=True) if value not in {None, "null"}]


def _told(
    lines: pl.DataFrame, places: list[int], rule: str, reason: str, column: str | None = None
) -> pl.DataFrame:
    numbers = lines["delivery_line"].gather(places).to_list()
    rows = broken_rows(numbers, rule, reason, column)
    return rows.with_columns(pl.Series("place", places, dtype=pl.Int64))


def _unknown_keys(connection: duckdb.DuckDBPyConnection, kind: Kind, tables: Sequence[Table]) -> pl.DataFrame:
    read = {path.steps[0][0] for table in tables for column in table.columns for path in paths_of(column)}
    query = f"""
        SELECT min(place) AS place, key AS column_name, count(*) AS row_count
        FROM (
            SELECT place, delivery, unnest(try(json_keys(text))) AS key
            FROM given WHERE text LIKE '{{%' AND line <= {KEYS_LOOKED_AT}
        )
        WHERE NOT list_contains(?, key) GROUP BY delivery, key ORDER BY ALL
    """
    known = sorted({*read, *kind.needed, *kind.known, *(keys_of(step)[0] for step in first_lists(tables))})
    return pl.DataFrame(connection.sql(query, params=[known]).to_arrow_table())


def _texts(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
