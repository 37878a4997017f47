"""The page beside `current`: whose figures it shows, and what it says of the newest night."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from hand_built import FIRST_DAY, SHOP_TOML, build_warehouse
from mandje.errors import MandjeError
from mandje.night.morning_page import make_page, page_maker, place_page
from mandje.night.page_follows import page_follows
from mandje.observe.records.nights import begin_night, end_nights, note_stop, write_record
from mandje.publish.published_folder import rollback, unpin
from mandje.publish.snapshot import Beside, publish
from mandje.report.strip import Standing, standing_block
from mandje.report.written import Numbers
from mandje.shop.settings import Shop, load_shop

NEXT_DAY = FIRST_DAY + timedelta(days=1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "shop.toml").write_text(SHOP_TOML)
    return load_shop(tmp_path)


def published(shop: Shop, day: date, orders: int) -> str:
    """Publish a night whose page names it; the snapshot's folder."""
    build_warehouse(shop, orders)
    block = standing_block(Standing("published", day), Numbers("en", "EUR"))
    return publish(shop, day, Beside({}, lambda _con: f"<p>figures of {orders}</p>{block}")).folder


def test_the_page_beside_current_is_that_of_the_snapshot(shop: Shop) -> None:
    folder = published(shop, FIRST_DAY, 5)
    page = place_page(shop)
    assert page == shop.published / "report.html"
    assert page.read_text() == (shop.published / folder / "report.html").read_text()
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_closed_gate_keeps_the_figures_and_says_every_reason(shop: Shop) -> None:
    folder = published(shop, FIRST_DAY, 5)
    reasons = ("sales are a tenth", "orders <lost> & gone")
    write_record(shop, NEXT_DAY, "gate", {"stage": "gate", "seconds": 0, "result": {"reasons": reasons}})
    note_stop(shop, NEXT_DAY, "gate", "closed for 2 reasons", 4)
    with pytest.raises(MandjeError), page_follows(shop, is_end=False):
        raise MandjeError("the gate is closed")
    text = (shop.published / "report.html").read_text()
    assert "figures of 5" in text
    assert "Not published: the night of 9\N{NO-BREAK SPACE}December\N{NO-BREAK SPACE}2011" in text
    assert "after the night of 8\N{NO-BREAK SPACE}December" in text
    assert "<li>sales are a tenth</li><li>orders &lt;lost&gt; &amp; gone</li>" in text
    assert "Published" in (shop.published / folder / "report.html").read_text()


def test_no_id_of_a_hold_or_a_fault_gets_onto_the_page(shop: Shop) -> None:
    published(shop, FIRST_DAY, 5)
    told = "ids_orders_customer_id: one id has a large share: c12345 has 900"
    hold = {"figure": "ids_orders_customer_id", "sentence": told.partition(": ")[2]}
    fault = "a file is broken; file: orders.csv; found: c777; expected: a number; next step: mend it"
    reasons = [f"{told}; mend it", fault]
    result = {"reasons": reasons, "holds": [hold]}
    write_record(shop, NEXT_DAY, "gate", {"stage": "gate", "seconds": 0, "result": result})
    note_stop(shop, NEXT_DAY, "gate", "closed for 2 reasons", 4)
    text = place_page(shop).read_text()
    assert "<li>ids_orders_customer_id</li>" in text
    assert "a file is broken; file: orders.csv; expected: a number; next step: mend it" in text
    assert "c12345" not in text
    assert "c777" not in text


def test_reasons_of_a_gate_are_not_those_of_a_later_stop(shop: Shop) -> None:
    published(shop, FIRST_DAY, 5)
    result = {"reasons": ["sales are a tenth"]}
    write_record(shop, NEXT_DAY, "gate", {"stage": "gate", "seconds": 0, "result": result})
    note_stop(shop, NEXT_DAY, "load", "the disk is full", 3)
    text = place_page(shop).read_text()
    assert "the disk is full" in text
    assert "sales are a tenth" not in text


def test_a_night_that_broke_off_does_not_leave_published_on_top(shop: Shop) -> None:
    published(shop, FIRST_DAY, 5)
    begin_night(shop, NEXT_DAY)
    assert "broke off" in place_page(shop).read_text()


def test_a_damaged_file_of_ours_does_not_hide_the_fault_of_the_night(shop: Shop) -> None:
    published(shop, FIRST_DAY, 5)
    (shop.published / "pin.json").write_text("garbage")
    with pytest.raises(MandjeError, match="orders have not come"), page_follows(shop, is_end=False):
        raise MandjeError("orders have not come")


def test_a_page_that_fails_keeps_no_tables_from_readers(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    build_warehouse(shop, 5)
    folder = publish(shop, FIRST_DAY, Beside({}, page_maker(shop, FIRST_DAY))).folder  # without ops: it fails
    assert "This page could not be made" in (shop.published / folder / "report.html").read_text()
    assert "could not be made" in caplog.text
    assert "This page could not be made" in place_page(shop).read_text()
    with pytest.raises(MandjeError, match="run a night"):
        make_page(shop)


def test_a_night_that_ends_well_ends_the_reasons(shop: Shop) -> None:
    published(shop, FIRST_DAY, 5)
    note_stop(shop, NEXT_DAY, "load", "the disk is full", 3)
    assert "the disk is full" in place_page(shop).read_text()
    with page_follows(shop, is_end=True):
        published(shop, NEXT_DAY, 6)
        end_nights(shop, NEXT_DAY)
    text = (shop.published / "report.html").read_text()
    assert "figures of 6" in text
    assert "Published: the night of 9" in text


def test_a_rollback_is_said_until_it_ends(shop: Shop) -> None:
    first = published(shop, FIRST_DAY, 5)
    published(shop, NEXT_DAY, 6)
    rollback(shop, first)
    text = place_page(shop).read_text()
    assert "figures of 5" in text
    assert "Held back by hand" in text
    unpin(shop)
    assert "Published: the night of 9" in place_page(shop).read_text()


def test_before_the_first_snapshot_the_page_says_why_there_is_none(shop: Shop) -> None:
    with pytest.raises(MandjeError, match="nothing is published yet"):
        make_page(shop)
    shop.published.mkdir()
    note_stop(shop, FIRST_DAY, "validate", "orders.csv: unknown column", 3)
    text = make_page(shop).read_text()
    assert "there is no earlier one to show" in text
    assert "orders.csv: unknown column" in text
