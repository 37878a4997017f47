"""Ask the published snapshot a question in SQL, while nights come and go."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from mandje.errors import MandjeError
from mandje.publish.contents import DATABASE
from mandje.publish.published_folder import MEND_SNAPSHOT, current_snapshot
from mandje.shop.settings import Shop
from mandje.system.literals import text_literal
from mandje.system.machine import machine_fault
from mandje.system.own_files import damaged


def query_snapshot(shop: Shop, sql: str) -> pl.DataFrame:
    """Run one SELECT (or WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE) on the current snapshot.

    The connection is read-only, reaches no other file, and spills to a place of its own: the folder beside a
    database, where it would by itself, is one that statements may write to. Times are UTC.

    Raises:
        MandjeError: nothing is published yet, more or less than one statement, another kind of statement,
            or whatever DuckDB says about it, in one line.
    """
    with _snapshot(shop) as con:
        try:
            _only_reading(con, sql)
            answer = con.sql(sql)
            frame = pl.from_arrow(answer.to_arrow_table())
        except duckdb.Error as fault:
            raise MandjeError(
                "the query cannot be run",
                found=" ".join(str(fault).split()),
                next_step="mend the SQL; `show tables` lists what there is",
            ) from None
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


@contextmanager
def _snapshot(shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = current_snapshot(shop)
    if folder is None:
        raise MandjeError(
            "nothing is published yet",
            file=str(shop.published),
            next_step="run a night first: `mandje night SHOP`",
        )
    with tempfile.TemporaryDirectory(prefix="mandje-") as spill, _connect(folder) as con:
        con.execute(f"SET temp_directory = {text_literal(spill)}")
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        con.execute(f"SET memory_limit = {text_literal(shop.settings.engine.memory_limit)}")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        yield con


def _connect(folder: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(folder / DATABASE, read_only=True)
    except duckdb.Error as fault:
        raise machine_fault(fault) or damaged(folder / DATABASE, str(fault), MEND_SNAPSHOT) from None


def _only_reading(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = con.extract_statements(sql)
    if len(statements) != 1:
        raise MandjeError(
            "not one statement",
            found=str(len(statements)),
            expected="one SELECT",
            next_step="ask one question at a time",
        )
    if statements[0].type != duckdb.StatementType.SELECT:
        raise MandjeError(
            "a snapshot can only be read",
            found=statements[0].type.name,
            expected="SELECT",
            next_step="ask with a SELECT; to write, open a copy of the snapshot's file with DuckDB",
        )
