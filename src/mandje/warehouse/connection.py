"""Opening the working database: one file per shop, derived from `raw/` and never worth repairing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.system.machine import machine_fault
from mandje.system.own_files import make_folder

# What DuckDB says of a file that is not, or no longer, a database that it can read.
DAMAGE = re.compile(
    r"not a valid DuckDB database|could not read enough bytes|corrupt|checksum|version number|"
    r"serialization|replaying WAL",
    re.IGNORECASE,
)
HOLDER = re.compile(r"lock is held in (?P<program>.*?) ?\(PID (?P<pid>\d+)\)")


class DamagedWarehouseError(MandjeError):
    """The file is there and free, but it is no database that this engine can read."""


def engine_config(shop: Shop) -> dict[str, str]:
    """What the engine may use: memory, threads (default: every core), and where it spills."""
    engine = shop.settings.engine
    return {
        "memory_limit": engine.memory_limit,
        "threads": str(engine.threads or os.cpu_count() or 1),
        "temp_directory": str(shop.warehouse.parent / "spill"),
    }


@contextmanager
def open_warehouse(shop: Shop, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the working database, session time zone UTC, closed at the end.

    Raises:
        MandjeError: another process holds the file, it cannot be opened, or (read only) there is none yet.
        DamagedWarehouseError: it cannot be read as a database.
    """
    connection = _connect(shop, read_only=read_only)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


def discard_if_damaged(shop: Shop) -> str | None:
    """Delete a working database that cannot be read, with its write-ahead log; say what was wrong with it.

    Raises:
        MandjeError: another process holds the file, or it cannot be opened.
    """
    try:
        with open_warehouse(shop):
            return None
    except DamagedWarehouseError as fault:
        for name in (shop.warehouse.name, f"{shop.warehouse.name}.wal"):
            shop.warehouse.with_name(name).unlink(missing_ok=True)
        return fault.found


def _connect(shop: Shop, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    if read_only and not shop.warehouse.is_file():
        raise MandjeError(
            "there is no working database yet",
            file=str(shop.warehouse),
            next_step="run a night: `mandje run SHOP`",
        )
    make_folder(shop.warehouse.parent)
    try:
        return duckdb.connect(shop.warehouse, read_only=read_only, config=dict(engine_config(shop)))
    except duckdb.Error as fault:
        raise machine_fault(fault, shop) or _explained(shop, str(fault).splitlines()[0]) from None


def _explained(shop: Shop, fault: str) -> MandjeError:
    path = str(shop.warehouse)
    if holder := HOLDER.search(fault):
        return MandjeError(
            "the working database is in use by another process",
            file=path,
            found=f"process {holder['pid']} ({holder['program']})",
            next_step="wait until it ends; the published snapshot can always be queried",
        )
    if DAMAGE.search(fault):
        return DamagedWarehouseError(
            "the working database cannot be read",
            file=path,
            found=fault,
            next_step="run the night again: the build makes it anew from raw/",
        )
    return MandjeError(
        "the working database cannot be opened",
        file=path,
        found=fault,
        next_step="see that Mandje's user may write there; else delete warehouse/: the night makes it anew",
    )
