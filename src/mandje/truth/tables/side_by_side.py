"""Large tables: files of the truth beside a snapshot, compared in SQL and in bounded memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from mandje.errors import MandjeError
from mandje.publish.contents import DATABASE
from mandje.publish.published_folder import current_snapshot
from mandje.shop.settings import Shop
from mandje.system.literals import parquet_rows, quoted, text_literal
from mandje.truth.tables.cells import FOUND, Compared, compared
from mandje.truth.tables.files import Truth


@dataclass(frozen=True)
class Pair:
    """A table as the truth has it and as the snapshot does: two selects with columns of the same names.

    `keys` are unique and never empty.
    """

    table: str
    keys: Sequence[str]
    expected: str
    found: str


@contextmanager
def side_by_side(shop: Shop, truth: Truth, files: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that reads the current snapshot as `shop`, and these files of the truth as `truth`.

    Raises:
        MandjeError: nothing is published, or a file cannot be read.
    """
    snapshot = current_snapshot(shop)
    if snapshot is None:
        raise MandjeError("nothing is published yet", file=str(shop.published))
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        con.execute(f"SET memory_limit = {text_literal(shop.settings.engine.memory_limit)}")
        con.execute(f"SET temp_directory = {text_literal(spill)}")
        con.execute(f"ATTACH {text_literal(snapshot / DATABASE)} AS shop (READ_ONLY)")
        con.execute("CREATE SCHEMA truth")
        for name in files:
            _open(con, name, truth.file(name))
        yield con


def _open(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    con.execute(f"CREATE VIEW truth.{quoted(name)} AS SELECT * FROM {parquet_rows([path])}")


def compare_pair(con: duckdb.DuckDBPyConnection, pair: Pair) -> Compared:
    """Compare all columns, row by row; of equal rows none comes into Python. Empty equals empty.

    Raises:
        MandjeError: a column is missing or of another type on one side, or a key is not unique.
    """
    for side, sql in (("expected", pair.expected), ("found", pair.found)):
        _take(con, pair, side, sql)
    columns = _columns(con, pair)
    joined = pl.DataFrame(con.sql(_differing(pair.keys, columns)).to_arrow_table())
    rows = _count(con, "expected") + joined["is_expected"].null_count()
    return compared(pair.table, pair.keys, columns, joined, rows)


def _take(con: duckdb.DuckDBPyConnection, pair: Pair, side: str, sql: str) -> None:
    try:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {side} AS {sql}")
    except (duckdb.CatalogException, duckdb.BinderException) as fault:
        raise MandjeError(
            f"{pair.table}: the snapshot lacks what the truth tells",
            found=" ".join(str(fault).split()),
            next_step="publish a night of this version: `mandje night SHOP --date YYYY-MM-DD`",
        ) from None
    _check_unique(con, pair, side)


def _differing(keys: Sequence[str], columns: Sequence[str]) -> str:
    selected = [f"coalesce(expected.{key}, found.{key}) as {key}" for key in keys]
    for name in columns:
        selected += [f"expected.{name}", f"found.{name} as {quoted(name + FOUND)}"]
    on = " and ".join(f"expected.{key} = found.{key}" for key in keys)
    differ = [f"expected.{name} is distinct from found.{name}" for name in columns]
    return f"""
        select {", ".join(selected)}, expected.is_there as is_expected, found.is_there as is_found
        from (select *, true as is_there from expected) as expected
        full join (select *, true as is_there from found) as found on {on}
        where expected.is_there is null or found.is_there is null or {" or ".join(differ)}
    """


def _columns(con: duckdb.DuckDBPyConnection, pair: Pair) -> list[str]:
    """Columns beside the keys: of the same names and types on both sides, equal could else mean rounded."""
    expected, found = (
        {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {side}").fetchall()}
        for side in ("expected", "found")
    )
    if expected != found:
        wrong = sorted(name for name, _ in expected.items() ^ found.items())
        raise MandjeError(
            f"{pair.table}: columns are missing, or of another type than the truth's",
            column=", ".join(dict.fromkeys(wrong)),
            found=", ".join(f"{name} {found.get(name)}" for name in dict.fromkeys(wrong)),
            expected=", ".join(f"{name} {expected.get(name)}" for name in dict.fromkeys(wrong)),
        )
    return [name for name in expected if name not in pair.keys]


def _check_unique(con: duckdb.DuckDBPyConnection, pair: Pair, side: str) -> None:
    keys = ", ".join(pair.keys)
    sql = f"select {keys} from {side} group by all having count(*) > 1 order by all limit 1"
    twice = con.execute(sql).fetchone()
    if twice is not None:
        row = " ".join(map(str, twice))
        raise MandjeError(f"{pair.table}: more than one row of {row}", found=side, expected="one")


def _count(con: duckdb.DuckDBPyConnection, side: str) -> int:
    row = con.execute(f"select count(*) from {side}").fetchone()
    return int(row[0]) if row else 0
