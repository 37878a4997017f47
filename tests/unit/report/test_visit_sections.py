"""What the sections about visits, carts and sales say, and when."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from mandje.report.sections.carts import carts
from mandje.report.sections.funnel import funnel
from mandje.report.sections.sales import sales
from mandje.report.sections.tiles import tiles
from read_page import said
from small_snapshot import DAY, add, report_on


def add_funnel(con: duckdb.DuckDBPyConnection, device: str, day: date, *steps: int | None) -> None:
    """A day's visits, products seen, put in a cart, and ordered; the shop tells of no checkout step."""
    names = ("product_view", "add_to_cart", "purchase")
    add(
        con,
        "marts.daily_funnel",
        site="(all)",
        channel="(all)",
        visitor_kind="(all)",
        device_category=device,
        session_date=day,
        session_count=steps[0],
        **{f"closed_{name}_session_count": step for name, step in zip(names, steps[1:], strict=True)},
    )


def two_spans(con: duckdb.DuckDBPyConnection, now: tuple[int, ...], earlier: tuple[int, ...]) -> None:
    for back in range(56):
        steps = now if back < 28 else earlier
        add_funnel(con, "mobile", DAY - timedelta(back), *steps)
        add_funnel(con, "desktop", DAY - timedelta(back), 100, 80, 40, 30)


def test_the_step_that_most_visits_stop_before_is_named_on_phones_and_desktops(
    con: duckdb.DuckDBPyConnection,
) -> None:
    two_spans(con, (100, 60, 20, 10), (100, 60, 20, 10))
    told = said(funnel(report_on(con)))
    from_to = "is at the step from “product seen” to “put in a cart”:"
    assert f"On phones the largest loss {from_to} 33.3 % of 1,680 visits go on." in told
    assert f"On desktops the largest loss {from_to} 50.0 % of 2,240 visits go on." in told
    assert "Visits of 3 May to 30 May 2025, beside the 28 days before." in told
    assert "No step changed by more than chance" in told


def test_a_step_that_fell_by_more_than_chance_is_told(con: duckdb.DuckDBPyConnection) -> None:
    two_spans(con, (100, 60, 20, 5), (100, 60, 20, 10))
    told = said(funnel(report_on(con)))
    assert "“ordered” on phones, −25.0 points against the 28 days before, from 50.0 % to 25.0 %" in told
    assert "On phones the largest loss is at the step from “put in a cart” to “ordered”: 25.0 %" in told


def test_a_step_that_fell_within_chance_is_not(con: duckdb.DuckDBPyConnection) -> None:
    # 252 and 280 of 560 go on: three standard errors of the difference are 9 points, and it is 5.
    two_spans(con, (100, 60, 20, 9), (100, 60, 20, 10))
    assert "No step changed by more than chance" in said(funnel(report_on(con)))


def test_a_step_that_may_have_fallen_is_told_as_that(con: duckdb.DuckDBPyConnection) -> None:
    # 140 and 168 of 336 go on: a standard error is 3.8 points, and the difference 8.3.
    two_spans(con, (100, 60, 12, 5), (100, 60, 12, 6))
    told = said(funnel(report_on(con)))
    assert "No step surely changed" in told
    assert "Nearest to it is “ordered” on phones, −8.3 points, from 50.0 % to 41.7 %." in told


def test_the_biggest_loss_is_marked_in_words(con: duckdb.DuckDBPyConnection) -> None:
    two_spans(con, (100, 60, 20, 10), (100, 60, 20, 10))
    picture = str(funnel(report_on(con)).picture)
    assert re.findall(r"<th scope=\"row\">([\w ]+)<em>([\w ]+)</em>", picture) == [
        ("put in a cart ", "largest loss"),
        ("put in a cart ", "largest loss"),
    ]


def test_visits_without_a_device_have_a_funnel_of_all(con: duckdb.DuckDBPyConnection) -> None:
    add_funnel(con, "(all)", DAY, 100, None, 40, 30)
    section = funnel(report_on(con))
    assert "at the step from “visit” to “put in a cart”: 40.0 % of 100 visits go on." in said(section)
    assert "There are no 28 days before" in said(section)
    assert "product seen" not in str(section.picture)  # a step that the shop never tells of


def test_orders_that_came_another_way_are_told_beside_those_of_the_steps(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_funnel(con, "(all)", DAY, 100, None, 40, 30)
    add_funnel(con, "(all)", DAY - timedelta(28), 100, None, 40, 7)
    add(con, "marts.daily_kpis", site="(all)", kpi_date=DAY, online_order_count=30)
    told = said(funnel(report_on(con)))
    assert "went through every step before." in told
    assert "beside" not in told.partition("went through every step before.")[2]
    con.execute("UPDATE marts.daily_kpis SET online_order_count = 45")
    assert "On all devices 30 visits ordered this way, beside 45 orders placed online" in said(
        funnel(report_on(con))
    )


def add_carts(con: duckdb.DuckDBPyConnection, **values: object) -> None:
    none = {"ordered_cart_count": 0, "recovered_cart_count": 0, "abandoned_cart_count": 0}
    add(con, "marts.daily_cart_abandonment", **{"site": "(all)", "cart_date": DAY} | none | values)


def test_carts_that_came_back_are_not_said_to_be_won_back(con: duckdb.DuckDBPyConnection) -> None:
    add_carts(
        con,
        cart_count=9,
        ordered_cart_count=1,
        abandoned_cart_count=5,
        abandoned_amount=Decimal("321.50"),
        recovered_cart_count=2,
        recovered_amount=80,
    )
    told = said(carts(report_on(con)))
    assert "of 8 carts that were ordered or left, 5 (62.5 %) were left behind, worth € 322" in told
    assert "Another 2 were left for an hour or longer and ordered after all (€ 80.00)" in told
    assert "does not say that a mail or an ad brought them back" in told


def test_no_cart_that_came_back_and_no_cart_at_all_are_said_so(con: duckdb.DuckDBPyConnection) -> None:
    add_carts(con, cart_date=DAY - timedelta(9), cart_count=4, abandoned_cart_count=4, recovered_cart_count=0)
    assert said(carts(report_on(con))) == "No cart was opened in the last 7 days."
    add_carts(con, cart_count=4, abandoned_cart_count=4, abandoned_amount=9, recovered_cart_count=0)
    assert "None that had been left was ordered after all." in said(carts(report_on(con)))


def add_week(con: duckdb.DuckDBPyConnection, back: int, amount: int, *, lacks: bool = False) -> None:
    """7 days that end so many weeks before the page's day, with all their sales on the last one."""
    for day in range(7):
        add(
            con,
            "marts.daily_kpis",
            site="(all)",
            kpi_date=DAY - timedelta(7 * back + day),
            net_sales_amount=amount if day == 0 else 0,
            order_count=1,
            has_missing_delivery=lacks and day == 3,
        )


def test_the_last_7_days_are_told_beside_those_before_and_a_year_before(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for back, amount in ((0, 200), (1, 160), (52, 400), (53, 7)):
        add_week(con, back, amount)
    told = said(sales(report_on(con)))
    assert told.startswith("24 May to 30 May 2025: € 200, +25.0 % on the 7 days before, −50.0 % on the same")
    assert "On 30 May 2025 alone: € 200, orders: 1." in told
    assert "by site" not in told


def test_a_week_that_lacks_a_delivery_is_marked_and_said_to_be_too_low(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_week(con, 0, 200)
    add_week(con, 1, 100, lacks=True)
    section = sales(report_on(con))
    assert 'class="mark undelivered"' in str(section.picture)
    assert 'class="mark restated"' not in str(section.picture)
    assert "Take care" not in said(section)
    con.execute("UPDATE marts.daily_kpis SET has_missing_delivery = true")
    assert "Take care: a delivery of these days is missing or refused" in said(sales(report_on(con)))


def test_a_week_with_a_day_that_changed_carries_a_mark(con: duckdb.DuckDBPyConnection) -> None:
    add_week(con, 0, 100)
    for figure, day in (("net_sales_amount", date(2025, 5, 25)), ("session_count", date(2025, 5, 24))):
        add(con, "marts.restatements", site="(all)", kpi_name=figure, kpi_date=day)
    section = sales(report_on(con))
    assert section.figures[0].column("restated_day_count") == [1]
    assert 'class="mark restated"' in str(section.picture)


def test_weeks_without_one_before_say_what_they_can(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "marts.daily_kpis", site="(all)", kpi_date=DAY, net_sales_amount=9, order_count=1)
    assert said(sales(report_on(con))).startswith("There are no 7 days yet.")
    con.execute("DELETE FROM marts.daily_kpis")
    add_week(con, 0, 100)
    assert "no 7 days before to compare with" in said(sales(report_on(con)))
    add_week(con, 1, 80)
    assert "+25.0 % on the 7 days before. There is no year before yet" in said(sales(report_on(con)))


def test_sites_are_told_where_there_are_several(con: duckdb.DuckDBPyConnection) -> None:
    add_week(con, 0, 100)
    for site, amount in (("nl", 40), ("uk", 60)):
        add(con, "marts.daily_kpis", site=site, kpi_date=DAY, net_sales_amount=amount, order_count=1)
    assert "Of the last 7 days by site: uk € 60.00, nl € 40.00." in said(sales(report_on(con)))
    assert [one.key for one in tiles(report_on(con)).figures][-1] == "tile_sites"


def test_the_line_of_a_tile_ends_with_the_figure_shown(con: duckdb.DuckDBPyConnection) -> None:
    for back, amount in ((0, 150), (1, 100), (2, 200)):
        add_week(con, back, amount)
    picture = str(tiles(report_on(con)).picture)
    assert 'd="M0.0 0.0L50.0 100.0L100.0 50.0"/><path class="line end" d="M100.0 50.0h.01"/>' in picture


def add_days(con: duckdb.DuckDBPyConnection, count: int, orders: int) -> None:
    """Days with orders that vary a little from week to week, and so many on each of the last seven."""
    con.execute(
        f"""
        INSERT INTO marts.daily_kpis (site, kpi_date, order_count, net_sales_amount, has_missing_delivery)
        SELECT '(all)', DATE '{DAY}' - CAST(i AS INTEGER),
            CASE WHEN i < 7 THEN {orders} ELSE 10 + i // 7 % 2 END, 100, i = 3
        FROM range({count}) AS t (i)
        """
    )


def test_a_figure_beyond_its_own_history_is_called_unusual_in_words(con: duckdb.DuckDBPyConnection) -> None:
    add_days(con, 40 * 7, 30)
    section = tiles(report_on(con))
    assert str(section.picture).count("unusual beside its weeks before") == 1
    assert "on 1 of these days a delivery is missing" in said(section)


def test_a_figure_within_its_history_is_not(con: duckdb.DuckDBPyConnection) -> None:
    add_days(con, 40 * 7, 11)
    assert "unusual" not in str(tiles(report_on(con)).picture)


def test_a_shop_of_three_weeks_is_compared_with_the_week_before_alone(con: duckdb.DuckDBPyConnection) -> None:
    add_days(con, 21, 12)
    figures, changes, _ = tiles(report_on(con)).figures
    assert figures.column("period_code") == ["last_7_days", "week_before"]
    assert changes.column("order_change") == [pytest.approx(84 / 77 - 1)]


def test_figures_that_no_delivery_tells_of_are_named_in_one_line_a_feed(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_days(con, 21, 12)
    add(con, "ops.row_outcomes", feed="orders", outcome="kept", row_count=3)
    picture = str(tiles(report_on(con)).picture)
    told = "Visits, Visits that order, Carts left behind: Nothing to show yet: nothing is loaded of visits"
    assert told in picture
    assert (
        "Ad cost of a new customer: Nothing to show yet: nothing is loaded of cost of advertising" in picture
    )
    assert re.findall("<h3>(.*?)</h3>", picture) == [
        "Net sales",
        "Orders",
        "Value of an order",
        "New customers",
    ]


def test_what_came_back_in_these_days_stands_below_net_sales(con: duckdb.DuckDBPyConnection) -> None:
    add_days(con, 21, 12)
    assert "came back" not in str(tiles(report_on(con)).picture)
    con.execute(f"UPDATE marts.daily_kpis SET returned_amount = 30 WHERE kpi_date > DATE '{DAY}' - 2")
    assert "\N{EURO SIGN}\N{NO-BREAK SPACE}60.00 came back in these days" in str(
        tiles(report_on(con)).picture
    )


@pytest.mark.parametrize(("days", "change"), [(370, None), (371 + 59, None), (371 + 60, 0.0)])
def test_new_customers_of_a_history_s_first_60_days_are_no_measure(
    con: duckdb.DuckDBPyConnection, days: int, change: float | None
) -> None:
    """The year before begins 370 days back: by then the history must be 60 days old."""
    add_days(con, days, 12)
    con.execute("UPDATE marts.daily_kpis SET new_customer_count = 5")
    changes = tiles(report_on(con)).figures[1]
    by_period = dict(zip(changes.column("period_code"), changes.column("new_customer_change"), strict=True))
    assert by_period.get("week_before") == 0
    assert by_period.get("year_before") == change


def test_a_shop_of_a_week_says_that_there_is_nothing_to_compare_with(con: duckdb.DuckDBPyConnection) -> None:
    add_days(con, 9, 10)
    assert "no whole week before" in said(tiles(report_on(con)))


def test_a_feed_that_came_is_not_waited_for(con: duckdb.DuckDBPyConnection) -> None:
    assert report_on(con).lacking(("orders", "ad_spend")) == ("orders", "ad_spend")
    add(con, "ops.row_outcomes", feed="orders", outcome="kept", row_count=3)
    add(con, "ops.row_outcomes", feed="ad_spend", outcome="not_yet_due", row_count=3)
    assert report_on(con).lacking(("orders", "ad_spend")) == ("ad_spend",)
