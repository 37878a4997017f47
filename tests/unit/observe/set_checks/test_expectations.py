"""Every expectation passes on clean sets and fails on a defect planted for it."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import SQL_TYPES, Column
from mandje.errors import MandjeError
from mandje.observe.records.nights import write_record
from mandje.observe.set_checks.expectations import Checks, check_staging
from mandje.observe.set_checks.expected import Kind, SetCheck, set_checks
from mandje.shop.settings import Shop, load_shop
from mandje.warehouse.raw_views import REJECTED_SQL

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SHOP_TOML = """
name = "basket"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.orders]
adapter = "canonical"
"""
FIRST_DATE, DATES, ROWS_PER_DATE = date(2011, 11, 10), 30, 24
LAST_DATE = FIRST_DATE + timedelta(days=DATES - 1)
ON_LAST = f"delivery_date = DATE '{LAST_DATE}'"
IN_FILE = "'rows.csv' AS delivery_file, rowid + 2 AS delivery_line, NULL AS delivery_part"
IDS = {"order_id": "o", "customer_id": "c", "product_id": "p"}


def value(column: Column) -> str:
    """A plain value of a column in row `i`, delivered on `delivery_date`."""
    if column.name in IDS:
        return f"'{IDS[column.name]}' || i"
    if column.name == "site":
        return "'nl'"
    if column.allowed:
        return f"'{column.allowed[0]}'"
    if column.key and column.type == "text":
        return f"'{column.name}' || i"
    plain = {"text": "'x'", "integer": "1", "decimal": "10", "rate": "1.5", "boolean": "true"}
    plain["date"] = "delivery_date"
    return plain.get(column.type, "delivery_date + INTERVAL 10 HOUR")


def stage(con: duckdb.DuckDBPyConnection, feed: str, rows: int) -> None:
    columns = ", ".join(f"CAST({value(c)} AS {SQL_TYPES[c.type]}) AS {c.name}" for c in FEEDS[feed].columns)
    day = f"CAST(DATE '{FIRST_DATE}' + CAST(i // {ROWS_PER_DATE} AS INTEGER) AS DATE)"
    con.execute(
        f"CREATE TABLE staging.stg_{feed} AS SELECT '{feed}' AS delivery_source, delivery_date, {columns}"
        f" FROM (SELECT i, {day} AS delivery_date FROM range({rows}) AS t (i))"
    )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "shop.toml").write_text(SHOP_TOML)
    shop = load_shop(tmp_path)
    shop.warehouse.parent.mkdir()
    with duckdb.connect(shop.warehouse) as con:
        con.execute("SET TimeZone = 'UTC'; CREATE SCHEMA staging; CREATE SCHEMA raw")
        for feed in FEEDS:
            stage(con, feed, DATES * ROWS_PER_DATE)
            con.execute(f"CREATE VIEW raw.{feed} AS SELECT *, {IN_FILE} FROM staging.stg_{feed}")
        rejected = ", ".join(f"{name} {kind}" for name, kind in REJECTED_SQL.items())
        con.execute(f"CREATE TABLE raw.rejected_rows ({rejected})")
    return shop


def checks_of(shop: Shop, *kinds: Kind) -> list[SetCheck]:
    return [check for check in set_checks(shop.settings) if check.kind in kinds]


def failed(checks: Checks) -> set[str]:
    return {check.name for check in checks.checks if not check.passed}


def test_clean_sets_pass_and_every_expectation_is_judged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.chdir(aside)
    monkeypatch.setenv("HOME", str(aside))
    checks = check_staging(shop, LAST_DATE)
    assert failed(checks) == set()
    assert checks.passed
    assert {check.name for check in checks.checks} == {check.name for check in set_checks(shop.settings)}
    assert [check.name for check in checks.checks if check.observed is None] == []
    assert list(aside.iterdir()) == []
    record = json.loads(write_record(shop, LAST_DATE, "check", checks).read_text())
    assert record["checks"][0].keys() == {
        "feed",
        "name",
        "severity",
        "passed",
        "observed",
        "expected",
        "unexpected_count",
        "sentence",
    }


def set_on_last(value: str) -> Callable[[SetCheck], str]:
    return lambda check: f"UPDATE staging.stg_{check.feed} SET {check.columns[0]} = {value} WHERE {ON_LAST}"


def set_one(value: str) -> Callable[[SetCheck], str]:
    return lambda check: (
        f"UPDATE staging.stg_{check.feed} SET {check.columns[0]} = {value}"
        f" WHERE rowid = (SELECT min(rowid) FROM staging.stg_{check.feed})"
    )


def repeat_a_row(check: SetCheck) -> str:
    return f"INSERT INTO staging.stg_{check.feed} FROM staging.stg_{check.feed} LIMIT 1"


def unlink_some(check: SetCheck) -> str:
    return f"UPDATE staging.stg_{check.feed} SET {check.columns[0]} = 'nobody' || rowid WHERE rowid % 5 = 0"


def age(check: SetCheck) -> str:
    column = check.columns[0]
    return f"UPDATE staging.stg_{check.feed} SET {column} = {column} - INTERVAL 60 DAY"


DEFECTS: dict[Kind, Callable[[SetCheck], str]] = {
    "unique": repeat_a_row,
    "filled": set_one("NULL"),
    "known": set_one("'never heard of'"),
    "linked": unlink_some,
    "fill_drop": set_on_last("NULL"),
    "seen_before": set_on_last("'brand new'"),
    "fresh": age,
}
# What else a defect of a kind breaks by its nature.
ALSO: dict[Kind, tuple[Kind, ...]] = {
    "seen_before": ("known",),
    "fill_drop": ("seen_before",),
}


@pytest.mark.parametrize("kind", DEFECTS)
def test_a_planted_defect_is_found_by_every_expectation_of_its_kind(shop: Shop, kind: Kind) -> None:
    planted = checks_of(shop, kind)
    with duckdb.connect(shop.warehouse) as con:
        con.execute("SET TimeZone = 'UTC'")
        for check in planted:
            con.execute(DEFECTS[kind](check))
    found = check_staging(shop, LAST_DATE)
    names = {check.name for check in planted}
    assert names <= failed(found)
    assert failed(found) - names <= {check.name for check in checks_of(shop, *ALSO.get(kind, ()))}
    assert found.passed == (not found.failed_holds)
    assert not (found.passed and any(check.severity == "hold" for check in planted))
    for check in found.checks:
        if check.name in names and kind in {"unique", "filled", "known"}:
            assert check.unexpected_count == 1
    assert {one.check for one in found.findings} == failed(found)
    assert {line.split(":")[0] for line in found.failed_holds} == {
        one.check for one in found.findings if one.severity == "hold"
    }
    assert _unlisted(found, kind in KINDS_WITH_ROWS, names) == []
    if kind in {"unique", "filled", "known"}:
        file = f"/{FIRST_DATE}/rows.csv line 2."
        assert all(one.sentence.endswith(file) for one in found.findings if one.check in names)


# The others look at times and sums.
KINDS_WITH_ROWS: set[Kind] = {"unique", "filled", "known", "linked", "fill_drop", "seen_before"}


def _unlisted(found: Checks, has_rows: bool, names: set[str]) -> list[str]:  # noqa: FBT001
    """Findings whose keys are not as many as the check counted, or that do not tell their count."""
    counts = {check.name: check.unexpected_count for check in found.checks}
    told = [one for one in found.findings if one.check in names]
    assert told
    if not has_rows:
        return [one.check for one in told if one.keys or one.count is not None]
    return [
        one.check
        for one in told
        if not len(one.keys) == one.count == counts[one.check] or f"{one.count} " not in one.sentence
    ]


def test_a_defect_of_one_feed_fails_there_alone_and_holds(shop: Shop) -> None:
    with duckdb.connect(shop.warehouse) as con:
        con.execute("UPDATE staging.stg_order_lines SET order_id = 'x' || rowid WHERE rowid % 10 = 0")
    found = check_staging(shop, LAST_DATE)
    assert failed(found) == {"order_lines_linked_order_id"}
    assert not found.passed
    check = next(check for check in found.checks if not check.passed)
    assert (check.observed, check.unexpected_count) == (0.9, 72)
    (told,) = found.findings
    assert (told.severity, told.count, len(told.keys)) == ("hold", 72, 72)
    assert told.sentence == (
        "order_id of 72 row(s) of order_lines is not in orders: 90.0 % are, at least 95 % expected. They came"
        " with order_lines/2011-12-09/rows.csv line 702, order_lines/2011-12-08/rows.csv line 682,"
        " order_lines/2011-12-07/rows.csv line 652 and 27 more."
    )
    assert found.failed_holds == (f"order_lines_linked_order_id: {told.sentence}".removesuffix("."),)
    assert {json.loads(key)["order_id"] for key in told.keys} == {f"x{i}" for i in range(0, 720, 10)}


def test_a_row_whose_rejection_left_others_without_their_order_is_told(shop: Shop) -> None:
    rejected = {"delivery_source": "orders", "delivery_date": "2011-11-12", "delivery_file": "o.csv"}
    rejected |= {"delivery_line": "9", "column_name": "site", "reason": "found 'de'"}
    with duckdb.connect(shop.warehouse) as con:
        con.execute("UPDATE staging.stg_order_lines SET order_id = 'x' || rowid WHERE rowid % 10 = 0")
        for table, number in (("orders", "x70"), ("orders", "another"), ("returns", "x80")):
            row = rejected | {"table_name": table, "document_id": number}
            marks = ", ".join("?" for _ in row)
            con.execute(
                f"INSERT INTO raw.rejected_rows ({', '.join(row)}) VALUES ({marks})", list(row.values())
            )
    (told,) = check_staging(shop, LAST_DATE).findings
    assert told.sentence.endswith(
        " Rejected as they were read: x70 in orders/2011-11-12/o.csv line 9 (site: found 'de')."
    )


def test_a_warning_does_not_hold(shop: Shop) -> None:
    with duckdb.connect(shop.warehouse) as con:
        con.execute(f"UPDATE staging.stg_orders SET customer_id = NULL WHERE {ON_LAST}")
    found = check_staging(shop, LAST_DATE)
    assert failed(found) == {"orders_fill_drop_customer_id"}
    assert found.passed
    assert {"tqdm_monitor"}.isdisjoint(thread.name for thread in threading.enumerate())
    (told,) = found.findings
    newest = range((DATES - 1) * ROWS_PER_DATE, DATES * ROWS_PER_DATE)
    assert told.keys == tuple(f'{{"order_id": "o{i}", "customer_id": null}}' for i in newest)
    assert told.sentence == (
        "24 row(s) of the newest orders have no customer_id: the share with a value fell by 100.0 %,"
        " at most 30 % expected."
    )


def test_days_on_which_a_feed_was_closed_make_it_no_older(shop: Shop) -> None:
    late = LAST_DATE + timedelta(days=30)
    old = {name for name in failed(check_staging(shop, late)) if "_fresh_" in name}
    assert "orders_fresh_ordered_at" in old
    closed = {name for name in failed(check_staging(shop, late, {"orders": LAST_DATE})) if "_fresh_" in name}
    assert closed == old - {"orders_fresh_ordered_at"}


def test_rows_delivered_later_do_not_count(shop: Shop) -> None:
    with duckdb.connect(shop.warehouse) as con:
        con.execute(f"UPDATE staging.stg_orders SET status = 'odd', site = 'odd' WHERE {ON_LAST}")
    assert failed(check_staging(shop, LAST_DATE - timedelta(days=1))) == set()
    assert failed(check_staging(shop, LAST_DATE)) == {"orders_known_status", "orders_known_site"}


def test_empty_feeds_are_skipped_and_too_little_history_is_not_judged(shop: Shop) -> None:
    with duckdb.connect(shop.warehouse) as con:
        for feed in FEEDS:
            con.execute(f"DELETE FROM staging.stg_{feed}")
        con.execute("DROP TABLE staging.stg_orders; DROP TABLE staging.stg_order_lines")
        stage(con, "orders", 3)
        stage(con, "order_lines", 3)
    found = check_staging(shop, FIRST_DATE)
    assert {check.feed for check in found.checks} == {"orders", "order_lines"}
    assert failed(found) == set()
    unjudged = {check.name for check in found.checks if check.observed is None}
    assert "order_lines_linked_product_id" in unjudged
    assert "order_lines_linked_order_id" not in unjudged


def test_no_rows_at_all(shop: Shop) -> None:
    found = check_staging(shop, FIRST_DATE - timedelta(days=1))
    assert found.checks == ()
    assert found.passed


def test_staging_that_is_not_built_is_one_clear_line(shop: Shop) -> None:
    with duckdb.connect(shop.warehouse) as con:
        con.execute("DROP TABLE staging.stg_returns")
    with pytest.raises(MandjeError, match=r"staging\.stg_returns is not built"):
        check_staging(shop, LAST_DATE)
    shop.warehouse.unlink()
    with pytest.raises(MandjeError, match="no warehouse yet"):
        check_staging(shop, LAST_DATE)


def test_names_are_unique_and_every_check_has_bounds(shop: Shop) -> None:
    checks = set_checks(shop.settings)
    assert len({check.name for check in checks}) == len(checks)
    assert all(check.minimum is not None or check.maximum is not None for check in checks)


def test_importing_the_module_is_cheap() -> None:
    code = "import sys, mandje.observe.set_checks.expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
