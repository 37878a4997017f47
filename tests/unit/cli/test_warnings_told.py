"""What the closing screen and `mandje status` say of warnings: new ones in full, old ones in one line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mandje.cli.screens.warning_lines import screen_lines, status_line, verdict_lines
from mandje.findings.finding import Finding
from mandje.observe.records.nights import write_record
from mandje.observe.records.warning_tables import keep_keys
from mandje.observe.records.warnings import night_warnings
from mandje.shop.settings import Shop
from tiny_shop import make_shop

FIRST, SECOND = date(2025, 3, 1), date(2025, 3, 2)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def tell(shop: Shop, night: date, *names: str) -> None:
    keys = ('{"order_id": "o1"}',)
    found = [Finding(name, "dbt test", "warn", f"1 is {name}.", 1, keys) for name in names]
    write_record(shop, night, "build", {"result": {"findings": keep_keys(shop, night, "build", found)}})


def full(shop: Shop, name: str) -> str:
    return f"1 is {name}. First: order_id=o1. All: `mandje warnings {shop.folder} {name}`"


def test_nothing_to_tell_takes_no_line(shop: Shop) -> None:
    assert list(screen_lines(shop, None)) == []
    tell(shop, FIRST)
    assert list(screen_lines(shop, FIRST)) == []
    assert list(verdict_lines(shop)) == []
    assert status_line(shop) == "none"


def test_new_ones_are_told_in_full_and_old_ones_in_one_line(shop: Shop) -> None:
    tell(shop, FIRST, "a", "b")
    tell(shop, SECOND, "a", "b", "c")
    every = f"`mandje warnings {shop.folder}`"
    assert list(screen_lines(shop, SECOND)) == [
        ("warnings", full(shop, "c")),
        ("", f"2 warnings stand since earlier nights: {every}"),
    ]
    assert status_line(shop) == f"1 new: c (1); 2 warnings stand since earlier nights; {every}"
    tell(shop, SECOND, "a")
    assert list(screen_lines(shop, SECOND)) == [
        ("warnings", f"1 warning stands since earlier nights: {every}")
    ]
    assert status_line(shop) == f"1 warning stands since earlier nights; {every}"


def test_a_note_is_in_the_list_alone(shop: Shop) -> None:
    note = Finding("n", "delivery", "note", "1 is n.", 1, ('{"order_id": "o1"}',))
    write_record(shop, FIRST, "build", {"result": {"findings": keep_keys(shop, FIRST, "build", [note])}})
    assert list(screen_lines(shop, FIRST)) == []
    assert list(verdict_lines(shop)) == []
    assert status_line(shop) == "none"
    (one,) = night_warnings(shop, FIRST)
    assert one.line(str(shop.folder)) == full(shop, "n")


def test_what_began_in_any_of_the_nights_told_together_is_new(shop: Shop) -> None:
    tell(shop, FIRST, "a")
    tell(shop, SECOND, "a")
    assert list(screen_lines(shop, FIRST)) == [("warnings", full(shop, "a"))]


def test_a_night_that_is_wrong_all_over_stays_short(shop: Shop) -> None:
    tell(shop, FIRST, "old")
    tell(shop, SECOND, "old", *(f"n{number}" for number in range(30)))
    lines = [text for _, text in screen_lines(shop, SECOND)]
    assert len(lines) == 8
    others = ", ".join(f"n{number} (1)" for number in range(6, 30))
    assert lines[-2] == f"and 24 more new: {others}; `mandje warnings {shop.folder}`"
    assert status_line(shop).startswith("30 new: n0 (1), n1 (1), n2 (1), 27 more; 1 warning stands")
    assert len(list(verdict_lines(shop))) == 22
    assert list(verdict_lines(shop))[-1] == f"  - and 11 more: `mandje warnings {shop.folder}`"
