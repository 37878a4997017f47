"""The page of a small shop: its numbers, its names, and what it says of a shop that lacks feeds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from checked_page import check_page
from mandje.report.page import build_page
from mandje.report.sections import SECTIONS
from read_page import read_page, rows, sections
from small_snapshot import DAY, add, days_back, report_on, small_snapshot

SCRIPT, FORMULA = "<script>alert(1)</script>", "=cmd|' /C calc'!A0"


@pytest.fixture(scope="module")
def nothing() -> Iterator[duckdb.DuckDBPyConnection]:
    with small_snapshot() as con:
        yield con


@pytest.fixture(scope="module")
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    """Sixty days of sales, visits and carts, with names that are no names; to be read only."""
    with small_snapshot() as con:
        _fill(con)
        yield con


def _fill(con: duckdb.DuckDBPyConnection) -> None:
    for day in days_back(60):
        add(
            con,
            "marts.daily_kpis",
            site="(all)",
            kpi_date=day,
            net_sales_amount=Decimal("1234.5"),
            order_count=11,
            session_count=300,
            order_session_count=10,
            gross_sales_amount=1500,
            discount_amount=50,
            new_customer_count=4,
            spend_amount=20,
            abandoned_cart_count=8,
            ordered_cart_count=5,
            recovered_cart_count=2,
            has_missing_delivery=False,
        )
        add(
            con,
            "marts.daily_cart_abandonment",
            site="(all)",
            cart_date=day,
            cart_count=15,
            ordered_cart_count=5,
            abandoned_cart_count=8,
            abandoned_amount=800,
            recovered_cart_count=2,
            recovered_amount=90,
        )
    for week in range(7):
        add(
            con,
            "marts.weekly_kpis",
            site="(all)",
            week_start_date=days_back(1, 11 + 7 * week)[0],
            is_complete=week != 2,
            net_sales_amount=8000 + 10 * week,
            previous_net_sales_amount=7990,
            order_count=70,
            has_missing_delivery=week == 2,
            session_count=2000,
            year_before_net_sales_amount=None,
        )
    for name in (SCRIPT, FORMULA):
        add(
            con,
            "marts.abandoned_products",
            site="(all)",
            product_id=name,
            product_name=name,
            abandoned_cart_count=3,
            abandoned_amount=120,
            bought_later_ratio=0.25,
        )
    add(con, "ops.sources", source="orders", last_delivery_date=DAY, loaded_count=60, missing_count=0)
    add(con, "ops.warnings", check_name="x", sentence=SCRIPT, is_new=True, row_count=3, severity="warn")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_number_of_the_page_is_the_answer_to_a_query_on_it(
    shop: duckdb.DuckDBPyConnection, language: str
) -> None:
    report = report_on(shop, language)
    check_page(report, build_page(report))


def test_a_number_that_no_query_gives_is_found(shop: duckdb.DuckDBPyConnection) -> None:
    report = report_on(shop)
    html = build_page(report)
    assert html.count("<b>56</b>") == 1  # 7 days of 8 carts left
    with pytest.raises(AssertionError, match="carts: no figure says"):
        check_page(report, html.replace("<b>56</b>", "<b>57</b>"))
    with pytest.raises(AssertionError, match="is not what its query gives"):
        check_page(report, html.replace("<td>56</td>", "<td>57</td>"))


def test_names_of_products_come_out_as_text(shop: duckdb.DuckDBPyConnection) -> None:
    page = build_page(report_on(shop))
    assert SCRIPT not in page
    carts = sections(read_page(page))["carts"]
    assert [row[0] for row in rows(carts.tags("table")[0])] == [SCRIPT, FORMULA]


def test_what_there_is_to_do_stands_on_top_and_leads_to_its_section(
    shop: duckdb.DuckDBPyConnection, nothing: duckdb.DuckDBPyConnection
) -> None:
    header = read_page(build_page(report_on(shop))).tags("header")[0]
    (to_do,) = header.all(lambda one: "to-do" in one.classes)
    assert [(one.attributes["href"], one.text()) for one in to_do.tags("a")] == [
        ("#whole", "read the new warnings")
    ]
    assert "To do today" not in build_page(report_on(nothing))


def test_the_page_asks_for_nothing_outside_itself(shop: duckdb.DuckDBPyConnection) -> None:
    page = read_page(build_page(report_on(shop)))
    assert not page.tags("script", "link", "img", "iframe", "object")
    places = [one.attributes["href"] for one in page.tags("a")]
    assert places
    assert {place.removeprefix("#") for place in places} <= sections(page).keys()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_shop_without_anything_is_told_what_each_section_waits_for(
    nothing: duckdb.DuckDBPyConnection, language: str
) -> None:
    report = report_on(nothing, language, "SEK")
    page = build_page(report)
    check_page(report, page)
    waiting = {
        name
        for name, one in sections(read_page(page)).items()
        if list(one.all(lambda below: "waits" in below.classes))
    }
    assert waiting == {"tiles", "sales", "funnel", "carts", "customers", "channels", "returns", "forecasts"}
    assert len(sections(read_page(page))) == len(SECTIONS)


def test_amounts_are_of_the_shops_own_currency(shop: duckdb.DuckDBPyConnection) -> None:
    assert "£\N{NO-BREAK SPACE}8,642" in build_page(report_on(shop, "en", "GBP"))
    assert "SEK\N{NO-BREAK SPACE}8,642" in build_page(report_on(shop, "en", "SEK"))
