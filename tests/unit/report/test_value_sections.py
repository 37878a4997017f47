"""What the sections about channels, returns and customers say, and when."""

from __future__ import annotations

from datetime import date

import duckdb

from mandje.report.sections.channels import channels
from mandje.report.sections.customers import customers
from mandje.report.sections.returns import returns
from read_page import said
from small_snapshot import add, report_on


def add_channel(con: duckdb.DuckDBPyConnection, channel: str, cost: int | None, **values: object) -> None:
    usual = {"spend_amount": 500, "acquired_customer_count": 10, "valued_new_customer_count": 6}
    limits = {"max_acquisition_cost_amount": 30, "paid_back_ratio": 2.0}
    add(con, "marts.value_by_channel", channel=channel, cpa_amount=cost, **usual | limits | values)


def test_a_channel_that_costs_more_than_it_brings_is_named_plainly(con: duckdb.DuckDBPyConnection) -> None:
    add_channel(con, "Display", 31)
    add_channel(con, "Paid Search", 12)
    section = channels(report_on(con))
    assert said(section).startswith(
        "Display costs more than it brings: a new customer costs € 31.00 and may cost € 30.00"
    )
    assert "6 of them" in said(section)
    assert "Paid Search" not in said(section)
    assert str(section.picture).count("costs more than it brings</em>") == 1


def test_where_none_costs_more_the_nearest_is_named(con: duckdb.DuckDBPyConnection) -> None:
    add_channel(con, "Display", 30)
    add_channel(con, "Paid Search", 12)
    assert said(channels(report_on(con))).startswith("None does. Nearest to its limit is Display")


def test_spend_that_brought_nobody_or_is_not_back_yet_is_said(con: duckdb.DuckDBPyConnection) -> None:
    add_channel(con, "Display", None, acquired_customer_count=0)
    add_channel(con, "Paid Social", 20, paid_back_ratio=0.8)
    told = said(channels(report_on(con)))
    assert "Display cost € 500 and brought no new customer." in told
    assert "Paid Social has not paid back yet: 0.8× the € 500 spent has come back so far." in told
    assert "None does" not in told


def test_without_forecasts_no_limit_is_claimed(con: duckdb.DuckDBPyConnection) -> None:
    add_channel(con, "Display", 20, max_acquisition_cost_amount=None)
    assert said(channels(report_on(con))).startswith("That cannot be said yet")


def test_the_whole_shop_and_free_channels_are_no_channels_here(con: duckdb.DuckDBPyConnection) -> None:
    add_channel(con, "(all)", 20)
    add_channel(con, "Direct", 0, spend_amount=0)
    assert channels(report_on(con)).waits_for == ("ad_spend",)


def add_product(con: duckdb.DuckDBPyConnection, name: str, promised: int, kept: int, back: int = 200) -> None:
    add(
        con,
        "marts.product_returns",
        site="(all)",
        month_start_date=date(2025, 3, 1),
        product_id=name,
        product_name=name,
        is_return_ratio_mature=True,
        sold_amount=1000,
        return_count=5,
        returned_amount=back,
        cost_of_goods_returned_amount=kept - promised + back + 20,
        handling_cost_amount=20,
        contribution_before_returns_amount=promised,
        net_contribution_amount=kept,
    )


def test_what_comes_back_most_is_named_with_what_it_promised_and_kept(con: duckdb.DuckDBPyConnection) -> None:
    add_product(con, "boots", 400, 150, back=300)
    add_product(con, "socks", 500, 450, back=100)
    told = said(returns(report_on(con)))
    assert "Of € 2,000 sold, 20.0 % came back (€ 400): orders of" in told
    assert (
        "Most money came back of boots: 30.0 % of € 1,000 sold. Its profit was € 400 before returns and € 150"
        in told
    )
    assert "below its cost" not in told
    assert "lose after" not in told


def test_a_product_sold_at_a_loss_is_not_said_to_lose_by_returns(con: duckdb.DuckDBPyConnection) -> None:
    add_product(con, "lamp", -300, -310, back=250)
    add_product(con, "boots", 100, -20, back=200)
    section = returns(report_on(con))
    told = said(section)
    assert "Most money came back of boots" in told
    assert "lamp is sold below its cost: −€ 300 on € 1,000 sold, before anything came back." in told
    assert (
        "€ 250 was paid back, goods that cost € 260 came back into stock, and handling cost € 20.00" in told
    )
    assert "That leaves −€ 310" in told
    assert "look at its price and discounts, not at its returns" in told
    assert "Products that earn before returns and lose after them: 1." in told  # boots alone
    assert "The largest of these losses: boots (€ 100 before, −€ 20.00 after)." in told
    assert section.figures[1].column("verdict_code") == ["lost_before_returns", "lost_by_returns"]


def test_a_product_that_earns_nothing_before_and_loses_by_returns_lost_by_returns(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add_product(con, "boots", 0, -20)
    assert returns(report_on(con)).figures[1].column("verdict_code") == ["lost_by_returns"]


def test_months_that_may_still_come_back_and_old_ones_are_not_counted(con: duckdb.DuckDBPyConnection) -> None:
    add_product(con, "boots", 100, 90)
    con.execute("UPDATE marts.product_returns SET is_return_ratio_mature = false")
    assert returns(report_on(con)).waits_for == ("orders", "order_lines", "returns")
    con.execute(
        "UPDATE marts.product_returns SET is_return_ratio_mature = true, month_start_date = '2024-04-01'"
    )
    assert returns(report_on(con)).waits_for == ("orders", "order_lines", "returns")
    con.execute("UPDATE marts.product_returns SET month_start_date = '2024-05-01', returned_amount = 0")
    assert returns(report_on(con)).waits_for == ("returns",)
    add(con, "ops.row_outcomes", feed="returns", outcome="kept", row_count=1)
    assert said(returns(report_on(con))).startswith("Nothing came back")


def test_what_came_back_lately_is_told_from_three_returns_on(con: duckdb.DuckDBPyConnection) -> None:
    add_product(con, "boots", 400, 150)
    for number, day in enumerate((date(2025, 5, 30), date(2025, 5, 3), date(2025, 5, 2))):
        add(
            con,
            "marts.returns",
            return_id=str(number),
            product_id="boots",
            return_date=day,
            returned_amount=5,
            is_counted=True,
        )
    section = returns(report_on(con))
    assert section.figures[2].rows == (("boots", 2, 10),)  # 2 May is 28 days ago
    assert "last 28 days" not in said(section)
    con.execute("UPDATE marts.returns SET return_date = '2025-05-03'")
    assert "In the last 28 days most returns were of boots: 3." in said(returns(report_on(con)))


def add_customers(con: duckdb.DuckDBPyConnection, count: int, band: str | None) -> None:
    for _ in range(count):
        add(
            con,
            "marts.customer_value",
            churn_band=band,
            predicted_value_365d_amount=10,
            value_at_risk_amount=8,
        )


def test_what_was_told_of_customers_stands_beside_what_came(con: duckdb.DuckDBPyConnection) -> None:
    add_customers(con, 3, "high")
    add_customers(con, 2, None)
    told = said(customers(report_on(con)))
    assert "3 customers are at high risk of not coming back" in told
    assert "€ 30.00" in told
    assert "could not be tested on the past" in told
    for contender, is_current, came in (("BG/NBD", True, 0.9), ("stack", False, 0.1)):
        add(
            con,
            "marts.model_calibration",
            contender=contender,
            is_current=is_current,
            kind="churn_band",
            bin_name="high",
            horizon_days=90,
            told_probability=0.8,
            came_ratio=came,
        )
    assert "not to order within 90 days with a chance of 80.0 %; 90.0 % of them did not." in said(
        customers(report_on(con))
    )


def add_cohort(con: duckdb.DuckDBPyConnection, month: date, ratios: dict[int, float], unknown: int) -> None:
    for since, ratio in {**ratios, unknown: 0.9}.items():
        add(
            con,
            "marts.monthly_cohorts",
            site="(all)",
            cohort_kind="(all)",
            cohort_start_date=month,
            months_since_first_order=since,
            customer_count=100,
            retention_ratio=ratio,
            is_complete=since != unknown,
        )


def test_a_month_that_is_not_over_is_a_dot_and_one_ahead_is_empty(con: duckdb.DuckDBPyConnection) -> None:
    add_cohort(con, date(2025, 2, 1), {1: 0.2, 2: 0.1}, 3)
    add_cohort(con, date(2025, 3, 1), {1: 0.3}, 2)
    section = customers(report_on(con))
    cells = str(section.picture).split("<tbody>")[1].split("</tr>")
    assert cells[0].count(">·<") == 1
    assert cells[0].count("></td>") == 9
    assert "90.0" not in cells[0]
    assert "Of the 100 customers who first ordered in Mar 2025, 30.0 % ordered again" in said(section)


def test_a_month_within_that_lacks_a_delivery_is_a_dot_too(con: duckdb.DuckDBPyConnection) -> None:
    add_cohort(con, date(2024, 12, 1), {1: 0.2, 3: 0.1, 4: 0.1}, 2)
    row = str(customers(report_on(con)).picture).split("<tbody>")[1].split("</tr>")[0]
    assert row.count(">·<") == 2  # the second month, and the fifth, which has only begun
    assert row.count("></td>") == 7


def test_who_holds_the_value_is_told_of_the_year_ahead_or_else_so_far(con: duckdb.DuckDBPyConnection) -> None:
    for kind, share in (("historic", 0.4), ("predicted", 0.5)):
        add(con, "marts.value_concentration", value_kind=kind, decile=1, value_amount=9, value_ratio=share)
    assert "best tenth of the customers holds 50.0 % of the profit expected" in said(
        customers(report_on(con))
    )
    con.execute("DELETE FROM marts.value_concentration WHERE value_kind = 'predicted'")
    assert "holds 40.0 % of the profit brought so far" in said(customers(report_on(con)))


def test_few_who_moved_to_another_segment_are_no_news(con: duckdb.DuckDBPyConnection) -> None:
    add_customers(con, 3, "high")
    moved = {"from_segment": "Promising", "to_segment": "Loyal", "published_as_of_date": date(2025, 5, 29)}
    add(con, "marts.segment_moves", is_move=True, person_count=19, **moved)
    assert "moved" not in said(customers(report_on(con)))
    con.execute("UPDATE marts.segment_moves SET person_count = 20")
    assert "Most moved from “Promising” to “Loyal”: 20 since 29 May 2025" in said(customers(report_on(con)))
