"""The working database as publishing reads it: at rest, attached read-only, within the shop's limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.literals import text_literal
from mandje.system.machine import machine_fault


def bring_to_rest(shop: Shop) -> None:
    """Write everything of the working database into its one file.

    Raises:
        MandjeError: there is no warehouse, another process writes it, or a `.wal` file stays behind.
    """
    if not shop.warehouse.is_file():
        raise MandjeError(
            "there is no warehouse yet", file=str(shop.warehouse), next_step="run a night first"
        )
    try:
        with duckdb.connect(shop.warehouse) as con:
            con.execute("CHECKPOINT")
    except duckdb.IOException as fault:
        raise machine_fault(fault, shop) or MandjeError(
            "the warehouse cannot be opened",
            file=str(shop.warehouse),
            found=str(fault).splitlines()[0],
            next_step="wait until the night that writes it ends",
        ) from None
    log = shop.warehouse.with_name(shop.warehouse.name + ".wal")
    if log.exists():
        raise MandjeError("the warehouse is not at rest", file=str(log), next_step="run the night again")


@contextmanager
def open_source(shop: Shop, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose current database is the working one, read-only, as `work`.

    `spill` is where it may put what does not fit into memory.
    """
    engine = shop.settings.engine
    with duckdb.connect(":memory:") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        con.execute(f"SET memory_limit = {text_literal(engine.memory_limit)}")
        con.execute(f"SET temp_directory = {text_literal(spill)}")
        if engine.threads is not None:
            con.execute(f"SET threads = {engine.threads}")
        con.execute(f"ATTACH {text_literal(shop.warehouse)} AS work (READ_ONLY)")
        con.execute("USE work")
        yield con
