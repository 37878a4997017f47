"""The morning report of a shop that real nights published: its figures, its names, and its size."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from checked_page import check_page
from demo_shop import LAST
from mandje.publish.query import open_snapshot
from mandje.report.page import build_page
from mandje.report.section import Report
from mandje.report.written import Numbers
from mandje.shop.settings import Shop
from read_page import read_page, sections

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MOST_BYTES = 150_000


@pytest.fixture(params=["en", "nl"])
def report(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Report]:
    with open_snapshot(shop) as con:
        numbers = Numbers(request.param, shop.settings.reporting_currency)
        yield Report(con, shop.settings.name, LAST, numbers)


def test_every_number_of_the_page_is_what_its_query_gives(report: Report) -> None:
    page = build_page(report)
    check_page(report, page)
    assert len(page.encode()) < MOST_BYTES


def test_every_section_of_a_shop_with_all_feeds_has_an_answer_and_figures(report: Report) -> None:
    for name, section in sections(read_page(build_page(report))).items():
        assert not list(section.all(lambda one: "waits" in one.classes)), name
        assert section.tags("pre"), name


def test_no_customer_stands_on_the_page(report: Report) -> None:
    page = build_page(report)
    known = "SELECT customer_id FROM marts.customers WHERE customer_id IS NOT NULL"
    ids = report.con.execute(known).fetchall()
    assert len(ids) > 100
    words = set(re.findall(r"[\w:@.-]+", page))
    assert not words & {one for (customer,) in ids for one in (customer, f"customer:{customer}")}


def test_a_page_is_the_same_whenever_it_is_made(report: Report) -> None:
    assert build_page(report) == build_page(report)
