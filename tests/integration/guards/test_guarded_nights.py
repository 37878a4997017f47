"""Nights that nobody should publish: each ends in one line, and readers keep the last one."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from command_line import told
from demo_shop import LAST, small_demo
from ingest_clock import set_clock
from mandje.errors import ExitCode
from mandje.ingest.store.partitions import current_partitions
from mandje.observe.records.nights import read_record, write_record
from mandje.publish.published_folder import current_snapshot
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from tiny_shop import copy_shop, small_shop

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def after_nights(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return small_demo(tmp_path_factory)


@pytest.fixture
def shop(after_nights: Shop, tmp_path: Path) -> Iterator[Shop]:
    copy = copy_shop(after_nights, tmp_path / "shop")
    readers_see = current_snapshot(copy)
    yield copy
    assert current_snapshot(copy) == readers_see


def loaded(shop: Shop) -> list[tuple[str, date]]:
    return [(one.source, one.delivery_date) for one in current_partitions(shop)]


def test_yesterdays_orders_are_not_there(shop: Shop) -> None:
    before = loaded(shop)
    for source in ("orders", "order_lines"):
        shutil.rmtree(shop.exports / source / LAST.isoformat())
    line = told("night", shop.folder, "--date", LAST, exit_code=ExitCode.WAITING)
    deadline = f"{LAST + timedelta(days=1)} 07:00"
    assert f"no delivery of orders (daily, until {deadline}), order_lines (daily, until {deadline})" in line
    assert loaded(shop) == before
    status = told("status", shop.folder)
    assert f"stopped {LAST} in discover" in status
    assert f"to {LAST - timedelta(days=1)} daily" in status
    assert f"missing (last {LAST})" in status


def test_an_older_night_run_again_waits_for_the_newest_day_too(shop: Shop) -> None:
    shutil.rmtree(shop.exports / "orders" / LAST.isoformat())
    older = LAST - timedelta(days=1)
    line = told("night", shop.folder, "--date", older, exit_code=ExitCode.WAITING)
    assert f"night {LAST}" in line


def test_a_trigger_eighteen_months_past_the_data(shop: Shop) -> None:
    late = LAST + timedelta(days=540)
    line = told("night", shop.folder, "--date", late, exit_code=ExitCode.NIGHT_STOPPED)
    assert f"night {late} is 540 days past the newest delivery" in line
    assert "unfinished night none" in told("status", shop.folder)


def test_the_clock_goes_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = loaded(shop)
    set_clock(monkeypatch, datetime.combine(LAST - timedelta(days=20), datetime.min.time(), UTC))
    line = told("night", shop.folder, "--date", LAST - timedelta(days=21), exit_code=ExitCode.NIGHT_STOPPED)
    assert "clock stands before the newest night" in line
    assert "clock stands" in told("night", shop.folder, exit_code=ExitCode.NIGHT_STOPPED)
    assert "clock stands" in told("status", shop.folder)
    assert loaded(shop) == before


def test_a_build_that_was_not_compared_is_not_let_through(shop: Shop) -> None:
    assert "The gate is open" in told("publish", shop.folder, "--check")
    record = read_record(shop, LAST, "build_customers")
    assert record is not None
    del record["result"]["comparison"]  # as a version before wrote it
    write_record(shop, LAST, "build_customers", record)
    check = told("publish", shop.folder, "--check", exit_code=ExitCode.GATE_CLOSED)
    assert "without a record of this night: comparison; run the night again" in check


def test_only_delivery_was_refused(tmp_path: Path) -> None:
    shop = small_shop(tmp_path).deliver("customers", date(2025, 1, 6), "a,b\n1,2\n").shop
    line = told("night", shop.folder, exit_code=ExitCode.NIGHT_STOPPED)
    assert "no delivered row is loaded" in line
    assert "1 refused, newest: delivery customers 2025-01-06" in line
    assert not shop.warehouse.exists()


@pytest.mark.full
def test_a_folder_that_is_not_mounted_and_what_a_person_lets_through(
    after_nights: Shop, tmp_path: Path
) -> None:
    shop = copy_shop(after_nights, tmp_path / "shop")
    before = loaded(shop)
    shutil.rmtree(shop.exports / "returns")
    shutil.rmtree(shop.exports / "session_events" / LAST.isoformat())
    line = told("night", shop.folder, "--date", LAST, exit_code=ExitCode.NIGHT_STOPPED)
    assert "loaded deliveries of returns are gone" in line
    assert loaded(shop) == before
    assert "nothing of this name is held" in told(
        "pass", shop.folder, "gone:orders", "--why", "x", exit_code=ExitCode.USER_ERROR
    )
    told("pass", shop.folder, "gone:returns", "--why", "another system does them now")
    # The returns are gone now: their tables shrink, and that is another hold.
    line = told("night", shop.folder, "--date", LAST, exit_code=ExitCode.GATE_CLOSED)
    assert "table:marts.returns: 0 rows" in line
    assert "table:marts.orders" not in line
    assert "day:sessions" not in line  # its newest delivery is known to be missing, and told
    check = told("publish", shop.folder, "--check", exit_code=ExitCode.GATE_CLOSED)
    names = sorted({word for word in check.replace("`", " ").split() if word.startswith("table:marts.")})
    names = sorted({name.rstrip(":;") for name in names})
    told("pass", shop.folder, *names, "--why", "as said")
    assert "is new" in told("publish", shop.folder)
    passes = query_snapshot(shop, "select figure, reason from ops.passes order by figure").rows()
    assert passes == sorted(
        [("gone:returns", "another system does them now"), *((name, "as said") for name in names)]
    )
    missing = f"""
        select is_complete from marts.daily_kpis where site = '(all)' and kpi_date = '{LAST}'
    """
    assert query_snapshot(shop, missing).item() is False
