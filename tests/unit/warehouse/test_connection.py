from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mandje.errors import MandjeError
from mandje.shop.settings import Shop
from mandje.warehouse.connection import (
    DamagedWarehouseError,
    discard_if_damaged,
    engine_config,
    open_warehouse,
)

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_connection_has_the_shops_limits_and_speaks_utc(shop: Shop) -> None:
    with open_warehouse(shop) as connection:
        row = connection.execute(
            "SELECT current_setting('TimeZone'), current_setting('memory_limit'),"
            " current_setting('temp_directory')"
        ).fetchone()
    assert row == ("UTC", "3.0 GiB", str(shop.warehouse.parent / "spill"))
    assert engine_config(shop)["threads"] == str(os.cpu_count())


def test_reading_needs_a_database(shop: Shop) -> None:
    with (
        pytest.raises(MandjeError, match=r"no working database yet.*mandje run"),
        open_warehouse(shop, read_only=True),
    ):
        pass
    assert not shop.warehouse.exists()


def test_a_database_in_use_names_the_process(shop: Shop) -> None:
    with open_warehouse(shop):
        pass
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(shop.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(MandjeError, match=f"in use by another process.*process {holder.pid} "):
            discard_if_damaged(shop)
        holder.communicate()
    assert discard_if_damaged(shop) is None


@pytest.mark.parametrize("content", [b"", b"not a database", b"\0" * 50_000])
def test_a_file_that_is_no_database_is_discarded(shop: Shop, content: bytes) -> None:
    shop.warehouse.parent.mkdir()
    shop.warehouse.write_bytes(content)
    log = shop.warehouse.with_name("mandje.duckdb.wal")
    log.write_bytes(b"left over")
    assert "valid DuckDB database" in str(discard_if_damaged(shop))
    assert not shop.warehouse.exists()
    assert not log.exists()


def test_a_truncated_database_is_discarded(shop: Shop) -> None:
    with open_warehouse(shop) as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS n, hash(range) AS h FROM range(300000)")
    size = shop.warehouse.stat().st_size
    os.truncate(shop.warehouse, size // 3)
    with pytest.raises(DamagedWarehouseError, match="run the night again"), open_warehouse(shop):
        pass
    assert discard_if_damaged(shop)
    assert discard_if_damaged(shop) is None


def test_what_is_not_damage_is_left_alone(shop: Shop) -> None:
    place: Path = shop.warehouse
    place.mkdir(parents=True)
    with pytest.raises(MandjeError, match="something stands where"):
        discard_if_damaged(shop)
    assert place.is_dir()
