"""What is told of a night, from records alone: what is new, what stands, what is only said in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from mandje.findings import keys as keys_module
from mandje.findings.finding import Finding, short_key
from mandje.findings.keys import failing_keys
from mandje.observe.records.nights import write_record
from mandje.observe.records.warning_tables import keep_keys, kept_keys, warning_tables
from mandje.observe.records.warnings import night_warnings, warned_night
from mandje.shop.settings import Shop
from tiny_shop import make_shop

FIRST, SECOND, THIRD = date(2025, 3, 1), date(2025, 3, 2), date(2025, 3, 5)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def tell(shop: Shop, night: date, **counts: int | None) -> None:
    """A build that found these checks failing, a key per failing row."""
    found = [
        Finding(name, "dbt test", "warn", f"{name} fails.", count, tuple(map(key, range(count or 0))))
        for name, count in counts.items()
    ]
    kept = keep_keys(shop, night, "build", found)
    write_record(shop, night, "build", {"result": {"findings": kept}})


def key(number: int) -> str:
    return f'{{"order_id": "o{number}", "total_amount": "1.00"}}'


def new(shop: Shop, night: date, before: date | None = None) -> dict[str, bool]:
    return {one.check: one.is_new for one in night_warnings(shop, night, before=before)}


def test_new_is_what_did_not_fail_on_the_night_before(shop: Shop) -> None:
    assert warned_night(shop) is None
    tell(shop, FIRST, old=3, gone=1, often=None)
    assert new(shop, FIRST) == {"old": True, "gone": True, "often": True}
    tell(shop, SECOND, old=3, fresh=1, often=None)
    assert new(shop, SECOND) == {"old": False, "fresh": True, "often": False}
    assert warned_night(shop) == SECOND


def test_a_night_run_again_is_compared_with_the_night_before_it(shop: Shop) -> None:
    for night in (FIRST, SECOND, SECOND):
        tell(shop, night, old=3) if night == FIRST else tell(shop, night, old=3, fresh=1)
    assert new(shop, SECOND) == {"old": False, "fresh": True}


def test_a_night_without_a_build_does_not_make_old_ones_new(shop: Shop) -> None:
    tell(shop, FIRST, old=3)
    write_record(shop, SECOND, "discover", {"result": {}})
    tell(shop, THIRD, old=3)
    assert new(shop, THIRD) == {"old": False}


def test_nights_told_together_are_compared_with_the_night_before_all_of_them(shop: Shop) -> None:
    tell(shop, FIRST, old=3)
    for night in (SECOND, THIRD):
        tell(shop, night, old=3, fresh=1)
    assert new(shop, THIRD) == {"old": False, "fresh": False}
    assert new(shop, THIRD, before=SECOND) == {"old": False, "fresh": True}


@pytest.mark.parametrize(
    ("then", "now", "is_new"), [(10, 20, False), (10, 21, True), (1, 5, False), (1, 6, True), (0, 4, False)]
)
def test_a_count_that_more_than_doubled_is_new_again(shop: Shop, then: int, now: int, is_new: bool) -> None:  # noqa: FBT001
    tell(shop, FIRST, grown=then)
    tell(shop, SECOND, grown=now)
    assert new(shop, SECOND) == {"grown": is_new}


def test_the_night_told_of_is_the_one_built_last(shop: Shop) -> None:
    tell(shop, SECOND, late=1)
    tell(shop, FIRST, early=1)
    assert warned_night(shop) == FIRST


def test_words_of_predictions_and_the_gate_have_a_name_that_numbers_do_not_change(shop: Shop) -> None:
    for night, moved in ((FIRST, "0.25"), (SECOND, "0.31")):
        fit = {"warnings": [f"BG/NBD's alpha went from 0.2 (2025-02-28) to {moved}: customers behave"]}
        write_record(shop, night, "predict", {"result": fit})
        forecasts = {"told": "377 expected", "warnings": ["far more than came"]}
        write_record(shop, night, "build_customers", {"result": {"findings": [], "forecasts": forecasts}})
    write_record(shop, SECOND, "gate", {"result": {"told": ["orders: 12 on a Sunday, 40 before"]}})
    found = {one.sentence: (one.origin, one.is_new) for one in night_warnings(shop, SECOND)}
    assert found == {
        "BG/NBD's alpha went from 0.2 (2025-02-28) to 0.31: customers behave.": ("prediction", False),
        "Far more than came.": ("prediction", False),
        "12 on a Sunday, 40 before.": ("gate", True),
    }
    assert all(one.list_query is None for one in night_warnings(shop, SECOND))


def test_what_holds_the_night_comes_first(shop: Shop) -> None:
    tell(shop, FIRST, old=1)
    tell(shop, SECOND, old=1, fresh=1)
    held = Finding("keys", "set check", "hold", "Two keys.", 2, (key(1), key(2)))
    write_record(shop, SECOND, "check", {"result": {"findings": keep_keys(shop, SECOND, "check", [held])}})
    told = night_warnings(shop, SECOND)
    assert [one.check for one in told] == ["keys", "fresh", "old"]
    assert told[0].line("data/x") == (
        "hold: Two keys. First: order_id=o1 total_amount=1.00, order_id=o2 total_amount=1.00. "
        "All: `mandje warnings data/x keys`"
    )


def test_tables_hold_every_key_and_their_own_queries_list_them(shop: Shop) -> None:
    tell(shop, FIRST, gone=4)
    tell(shop, SECOND, many=12, few=2)
    tables = warning_tables(shop, SECOND)
    assert kept_keys(shop, SECOND).height == 14
    with duckdb.connect() as con:
        con.execute("create schema ops")
        for name, frame in tables.items():
            con.register("frame", frame.to_arrow())
            con.execute(f"create table ops.{name} as from frame")
        for name, count, first, query in con.execute(
            "select check_name, row_count, first_keys, list_query from ops.warnings"
        ).fetchall():
            listed = con.execute(query).fetchall()
            assert [row[1:] for row in listed] == [(i + 1, key(i)) for i in range(count)]
            assert first.split(", ") == [f"order_id=o{i} total_amount=1.00" for i in range(min(count, 5))], (
                name
            )
    assert all(frame.is_empty() for frame in warning_tables(shop, None).values())


def test_keys_are_cut_in_a_fixed_order_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_module, "MOST_KEYS", 3)
    with duckdb.connect() as con:
        sql = "select i % 7 as shelf_number, i as n from range({}) as t (i) order by hash(i) -- shuffled"
        cut, whole = failing_keys(con, sql.format(7), {"n": "rank"}), failing_keys(con, sql.format(3))
    assert cut.keys == tuple(f'{{"shelf_number": {i}, "rank": {i}}}' for i in range(3))
    assert cut.note == "only the first 3 are kept"
    assert (len(whole.keys), whole.note) == (3, "")


def test_no_address_is_in_a_key_and_nothing_of_it_moves_a_terminal() -> None:
    with duckdb.connect() as con:
        sql = "select 'ann@example.org' as customer_id, 'a' || chr(27) || '[2J' as order_id, 1.50 as amount"
        (only,) = failing_keys(con, sql).keys
    assert short_key(only) == "customer_id=(address) order_id=a\ufffd[2J"
    assert "example.org" not in only
    assert '"amount": "1.50"' in only
