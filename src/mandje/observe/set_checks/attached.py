"""The working database as checks read it: attached read-only to a connection of their own, in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.literals import text_literal


@contextmanager
def attached(shop: Shop) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the working database as `work`, session time zone UTC, closed at the end.

    Raises:
        MandjeError: there is no working database yet.
    """
    if not shop.warehouse.is_file():
        raise MandjeError(
            "there is no warehouse yet", file=str(shop.warehouse), next_step="run a night first"
        )
    engine = shop.settings.engine
    with duckdb.connect(":memory:") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(f"SET memory_limit = {text_literal(engine.memory_limit)}")
        con.execute(f"SET temp_directory = {text_literal(shop.warehouse.parent / 'spill')}")
        con.execute(f"SET threads = {engine.threads or os.cpu_count() or 1}")
        con.execute(f"ATTACH {text_literal(shop.warehouse)} AS work (READ_ONLY)")
        yield con
