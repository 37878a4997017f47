"""Whole nights through the command line, on a small shop: what a data team sees on good and bad mornings."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from command_line import mandje, told
from mandje.errors import ExitCode, MandjeError
from mandje.night.pipeline import STAGES, run_stage
from mandje.observe.records.nights import newest_night
from mandje.publish.published_folder import current_snapshot
from mandje.shop.settings import Shop
from tiny_shop import Exports, copy_shop, drop, random_exports, small_shop

LAST = date(2025, 3, 31)
NEXT = date(2025, 4, 1)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def exports() -> Exports:
    return random_exports(seed=3)


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory, exports: Exports) -> Shop:
    shop = small_shop(tmp_path_factory.mktemp("night")).deliver_all(exports).shop
    screen = told("night", shop.folder, "--date", LAST)
    assert "difference 0" in screen
    assert "too few" in screen or "no number" in screen
    return shop


@pytest.fixture
def shop(first_night: Shop, tmp_path: Path) -> Shop:
    return copy_shop(first_night, tmp_path / "shop")


def bad_delivery(shop: Shop, name: str, content: bytes) -> Path:
    path = shop.exports / "orders" / NEXT.isoformat() / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_nothing_is_due_after_a_night_and_the_commands_agree(shop: Shop, exports: Exports) -> None:
    assert "Nothing is due" in told("night", shop.folder)
    assert "nights due none" in told("status", shop.folder)
    assert "events rebuilt all days: the first build" in told("status", shop.folder)
    assert "The gate is open" in told("publish", shop.folder, "--check")
    answer = json.loads(
        mandje("query", shop.folder, "select count(*) as n from marts.orders", "--format", "json").stdout
    )
    ids = {row["order_id"] for (feed, _), rows in exports.rows.items() if feed == "orders" for row in rows}
    assert answer == [{"n": len(ids)}]


def test_reconcile_adds_up_and_notices_a_lost_row(shop: Shop, exports: Exports) -> None:
    books = json.loads(mandje("reconcile", shop.folder, "--format", "json").stdout)
    delivered: dict[str, int] = {}
    for (feed, _), rows in exports.rows.items():
        delivered[feed] = delivered.get(feed, 0) + len(rows)
    assert {row["source"]: row["row_count"] for row in books["delivered"]} == delivered
    assert books["is_equal"]

    ledger = next((shop.raw / "order_lines").rglob("ledger.json"))
    book = json.loads(ledger.read_text())
    book["destinations"][0]["rows"] -= 1
    ledger.write_text(json.dumps(book))
    assert "delivered less" in mandje("reconcile", shop.folder, "--format", "json").stdout
    told("reconcile", shop.folder, exit_code=ExitCode.NOT_EQUAL)
    told("publish", shop.folder, "--check", exit_code=ExitCode.GATE_CLOSED)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("orders.csv", b""),
        ("orders.csv", b"order_id,when\n1,2\n"),
        ("orders.csv.gz", gzip.compress(b"order_id\n" * 999)[:-9]),
        ("orders.parquet", b"PAR1 but no more"),
        ("orders.csv", "order_id;ordered_at\n".encode("utf-16")),
        ("orders.xlsx", b"PK\x03\x04"),
    ],
    ids=["0 bytes", "changed header", "truncated", "broken Parquet", "UTF-16", "unknown kind"],
)
def test_a_refused_delivery_of_orders_stops_the_night_in_one_line(
    shop: Shop, name: str, content: bytes
) -> None:
    before = current_snapshot(shop)
    bad_delivery(shop, name, content)
    line = told("night", shop.folder, exit_code=ExitCode.NIGHT_STOPPED)
    assert f"orders {NEXT} is refused" in line
    assert "next step" in line
    assert current_snapshot(shop) == before
    assert newest_night(shop) == LAST
    assert "refused" in told("status", shop.folder)
    why = told("publish", shop.folder, "--check", exit_code=ExitCode.GATE_CLOSED)
    assert f"orders {NEXT} is refused" in why
    assert "did not end" not in why


@pytest.fixture(scope="module")
def second_night(first_night: Shop, exports: Exports, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Stopped by a refused delivery, which is then mended; one of two late lines is no good."""
    shop = copy_shop(first_night, tmp_path_factory.mktemp("second") / "shop")
    bad_delivery(shop, "orders.csv", b"")
    told("night", shop.folder, exit_code=ExitCode.NIGHT_STOPPED)
    some = next(rows[0] for (feed, _), rows in exports.rows.items() if feed == "orders")
    late = Exports()
    late.rows["orders", NEXT] = [some | {"status": "cancelled", "updated_at": "2025-04-01T00:00:00Z"}]
    drop(shop, late, [("orders", NEXT)])
    header = "order_id,line_number,product_id,quantity,currency_code,unit_price_amount,discount_amount"
    path = shop.exports / "order_lines" / NEXT.isoformat() / "order_lines.csv"
    path.parent.mkdir(parents=True)
    path.write_text(f"{header}\no1,77,p1,many,EUR,1.00,0\no1,78,p1,2,EUR,1.00,0\n")
    screen = told("night", shop.folder)
    assert "refused no delivery" in screen
    assert "1 rows by rule type" in screen
    return shop


def test_a_mended_delivery_ends_the_stop(second_night: Shop) -> None:
    assert newest_night(second_night) == NEXT
    assert "nights due none" in told("status", second_night.folder)
    assert "events rebuilt 0 day(s)" in told("status", second_night.folder)


def test_rejected_rows_are_listed_and_exported(second_night: Shop, tmp_path: Path) -> None:
    row = json.loads(mandje("rejects", second_night.folder, "--format", "json").stdout)[0]
    assert (row["delivery_line"], row["column_name"], row["value"], row["rule"]) == (
        2,
        "quantity",
        "many",
        "type",
    )
    told("rejects", second_night.folder, "--export", tmp_path / "rejects.csv")
    assert "o1,77,p1,many" in (tmp_path / "rejects.csv").read_text()
    assert (tmp_path / "rejects.csv").stat().st_mode & 0o777 == 0o600


def test_an_older_night_takes_in_a_late_delivery_and_a_rollback_holds_until_it_is_unpinned(
    second_night: Shop, exports: Exports, tmp_path: Path
) -> None:
    """Readers who were sent back stay there; unpinned they see the newest day, with what came late."""
    shop = copy_shop(second_night, tmp_path / "shop")
    before = current_snapshot(shop)
    assert before is not None
    told("publish", shop.folder, "--rollback", LAST)
    late = Exports()
    late.rows["returns", date(2025, 1, 31)] = [
        next(rows[0] for (feed, _), rows in exports.rows.items() if feed == "returns") | {"return_id": "late"}
    ]
    drop(shop, late, [("returns", date(2025, 1, 31))])
    assert "difference 0" in told("night", shop.folder, "--date", "2025-02-01")
    assert "(pinned)" in told("status", shop.folder)
    held = current_snapshot(shop)
    assert held is not None
    assert held.name.startswith(str(LAST))
    assert str(NEXT) in told("publish", shop.folder, "--unpin")
    after = current_snapshot(shop)
    assert after is not None
    assert after != before
    assert after.name[:10] == before.name[:10] == str(NEXT)


def test_no_address_is_at_rest_outside_the_exports(shop: Shop) -> None:
    files = [path for path in shop.folder.rglob("*") if path.is_file() and shop.exports not in path.parents]
    with duckdb.connect() as con:
        read = {path: _everything(con, path) for path in files}
    assert sum("c0" in text for text in read.values()) > 5, "ids are read, so an address would be"
    assert [path for path, text in read.items() if "@example.org" in text] == []


def _everything(con: duckdb.DuckDBPyConnection, path: Path) -> str:
    """All text in a file, out of its columns where it has any."""
    if path.suffix == ".parquet":
        return _rows(con, "read_parquet($path)", {"path": str(path)})
    if path.suffix == ".duckdb":
        con.execute(f"attach '{path}' as it (read_only)")
        names = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'it'"
        ).fetchall()
        text = "".join(_rows(con, f'it."{schema}"."{table}"') for schema, table in names)
        con.execute("detach it")
        return text
    return path.read_bytes().decode("latin-1").lower()


def _rows(con: duckdb.DuckDBPyConnection, source: str, parameters: dict[str, str] | None = None) -> str:
    row = con.execute(
        f"select string_agg(lower(cast(it as varchar))) from {source} as it", parameters
    ).fetchone()
    return str(row)


def test_a_stopped_night_leaves_no_trace_on_the_day_before_and_no_build_goes_past_the_gate(
    shop: Shop, exports: Exports
) -> None:
    """The day before is run again; its earlier permit does not publish its new build."""
    before = current_snapshot(shop)
    late = Exports()
    some = next(rows[0] for (feed, _), rows in exports.rows.items() if feed == "orders")
    late.rows["orders", NEXT] = [some | {"status": "cancelled", "updated_at": "2025-04-01T00:00:00Z"}]
    drop(shop, late, [("orders", NEXT)])
    empty = shop.exports / "order_lines" / NEXT.isoformat() / "order_lines.csv"
    empty.parent.mkdir(parents=True)
    empty.write_bytes(b"")
    told("night", shop.folder, exit_code=ExitCode.NIGHT_STOPPED)
    built = STAGES.index("build") + 1
    for stage in STAGES[:built]:
        run_stage(shop.folder, LAST, stage)
    with pytest.raises(MandjeError, match="the gate has not let this build through"):
        run_stage(shop.folder, LAST, "publish")
    for stage in STAGES[built:]:
        run_stage(shop.folder, LAST, stage)
    assert current_snapshot(shop) == before
    assert f"unfinished night {NEXT}" in told("status", shop.folder)


def test_a_day_that_is_not_over_is_no_night(shop: Shop) -> None:
    assert "not over" in told("night", shop.folder, "--date", "2062-03-07", exit_code=ExitCode.USER_ERROR)
    future = shop.exports / "returns" / "2062-03-07"
    future.mkdir()
    (future / "returns.csv").write_text("x")
    assert "Nothing is due" in told("night", shop.folder)
    assert "exports/returns/2062-03-07: not read" in told("status", shop.folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["night", "{}", "--date", "yesterday"], "not a day"),
        (["query", "{}", "drop table marts.orders"], "can only be read"),
        (["query", "{}", "select nothing from marts.orders"], "cannot be run"),
        (["publish", "{}", "--rollback", "1999-01-01"], "no such snapshot"),
        (["status", "{}/nowhere"], "is not a shop"),
        (["init", "{}"], "mandje:"),
    ],
)
def test_a_users_mistake_gives_one_clear_line(first_night: Shop, words: list[str], said: str) -> None:
    line = told(*(word.format(first_night.folder) for word in words), exit_code=ExitCode.USER_ERROR)
    assert said in line


def test_doctor_finds_a_changed_snapshot_and_a_changed_key(shop: Shop) -> None:
    assert "mend" not in told("doctor", shop.folder)
    snapshot = current_snapshot(shop)
    assert snapshot is not None
    victim = next(snapshot.rglob("*.parquet"))
    victim.chmod(0o644)
    victim.write_bytes(b"other")
    shop.key_file.write_text("0" * 64)
    line = told("doctor", shop.folder, exit_code=ExitCode.USER_ERROR)
    assert "damaged" in line
    assert "not the one" in line


@pytest.mark.parametrize("kills", [2, pytest.param(12, marks=pytest.mark.full)])
def test_a_night_that_is_killed_anywhere_ends_as_if_nothing_had_happened(
    kills: int, first_night: Shop, exports: Exports, tmp_path: Path
) -> None:
    chance = random.Random(3)
    shop = small_shop(tmp_path).deliver_all(exports).shop
    for _ in range(kills):
        assert _night_in_own_process(shop, seconds=chance.uniform(2, 14)) in {-signal.SIGKILL, ExitCode.OK}
        _look_whole(shop)
    told("night", shop.folder, "--date", LAST)
    mine, undisturbed = current_snapshot(shop), current_snapshot(first_night)
    assert mine is not None
    assert undisturbed is not None
    assert mine.name == undisturbed.name


def _night_in_own_process(shop: Shop, seconds: float) -> int:
    """As a scheduler would run it; killed if it lives longer. Its exit code."""
    command = [sys.executable, "-m", "mandje", "night", str(shop.folder), "--date", str(LAST)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.1)
    return process.returncode


def _look_whole(shop: Shop) -> None:
    """Readers never see half a night."""
    snapshot = current_snapshot(shop)
    if snapshot is None:
        return
    manifest: dict[str, Any] = json.loads((snapshot / "manifest.json").read_text())
    assert all((snapshot / file["path"]).stat().st_size == file["bytes"] for file in manifest["files"])
