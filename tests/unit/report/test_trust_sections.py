"""What the sections say about what changed, what moved, what is whole and what was forecast, and when."""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib import import_module

import duckdb
import pytest

from mandje.predict.back_test.past_totals import PastTotal
from mandje.predict.totals.interval import Totals, order_interval
from mandje.report.section import Section
from mandje.report.sections.changed import changed
from mandje.report.sections.forecasts import forecasts
from mandje.report.sections.moved import moved
from mandje.report.sections.whole import whole
from mandje.report.sentences import Sentence, Words
from read_page import said
from small_snapshot import DAY, add, report_on

CHANGED = import_module("mandje.report.sections.changed")  # its name is the section's in the package
PUBLISHED = DAY - timedelta(1)


def add_moved(
    con: duckdb.DuckDBPyConnection, figure: str, day: date, before: float | None, now: float
) -> None:
    """A figure that moved, with the flags that the mart gives."""
    add(
        con,
        "marts.restatements",
        site="(all)",
        kpi_name=figure,
        kpi_date=day,
        published_as_of_date=PUBLISHED,
        published_value=before,
        current_value=now,
        change_value=now - (before or 0),
        is_moved_by_returns=figure == "net_sales_by_order_date_amount",
        is_moved_by_recovery=figure == "abandoned_cart_count" and now < (before or 0),
        is_moved_by_silence=figure == "abandoned_cart_count" and now > (before or 0),
    )


def causes(section: Section) -> dict[str, int]:
    figures = section.figures[1]
    return dict(zip(figures.column("cause_code"), figures.column("figure_count"), strict=True))


def test_nothing_that_moved_is_said_so(con: duckdb.DuckDBPyConnection) -> None:
    assert said(moved(report_on(con))) == "None: every day still says what was published."


def test_each_figure_that_moved_has_its_true_cause(con: duckdb.DuckDBPyConnection) -> None:
    first, second, third = (DAY - timedelta(back) for back in (40, 30, 20))
    by_order_date = "net_sales_by_order_date_amount"
    add_moved(con, by_order_date, first, 100, 88)
    add(con, "marts.returns", order_date=first, return_date=DAY, returned_amount=12, is_counted=True)
    add_moved(con, by_order_date, second, 100, 80)
    add(con, "marts.returns", order_date=second, return_date=DAY, returned_amount=12, is_counted=True)
    add_moved(con, by_order_date, third, 100, 80)  # its return was published already: a row came late
    add(con, "marts.returns", order_date=third, return_date=PUBLISHED, returned_amount=20, is_counted=True)
    add_moved(con, "abandoned_cart_count", first, 5, 4)
    add_moved(con, "abandoned_cart_count", second, 5, 7)
    add_moved(con, "session_count", third, 5, 7)
    add_moved(con, "return_ratio", third, None, 0.25)
    assert causes(moved(report_on(con))) == {
        "return": 1,
        "return_and_rows": 1,
        "late_or_corrected": 2,
        "cart_ordered": 1,
        "cart_silent": 1,
        "came_late": 1,
    }
    told = said(moved(report_on(con)))
    assert "published on 29 May 2025 or before" in told
    assert "3 say something else now, in 7 figures." in told
    assert "rows came late or were corrected: 2" in told


def test_sites_are_not_counted_beside_the_whole_shop(con: duckdb.DuckDBPyConnection) -> None:
    add_moved(con, "session_count", PUBLISHED, 5, 7)
    con.execute("UPDATE marts.restatements SET site = 'nl'")
    assert said(moved(report_on(con))).startswith("None")


def add_delivery(con: duckdb.DuckDBPyConnection, state: str, night_date: date, day: date = DAY) -> None:
    add(con, "ops.deliveries", source="orders", delivery_date=day, state=state, night_date=night_date)


def test_a_delivery_that_lacks_tonight_is_named_and_an_old_one_counted(
    con: duckdb.DuckDBPyConnection,
) -> None:
    add(con, "ops.sources", source="orders", missing_count=1, refused_count=1, loaded_count=9)
    add_delivery(con, "missing", PUBLISHED, PUBLISHED)
    told = said(whole(report_on(con)))
    assert told.startswith("Every delivery that was due tonight came and was loaded.")
    assert "refused since" not in told
    add_delivery(con, "refused", DAY)
    told = said(whole(report_on(con)))
    assert told.startswith("New tonight: the delivery of orders for 30 May 2025 is refused.")
    assert "Deliveries missing since 29 May 2025: 1, the newest for 29 May 2025." in told
    assert "Deliveries refused since 29 May 2025: 1, the newest for 30 May 2025." in told


def test_feeds_of_which_nothing_is_loaded_are_named(con: duckdb.DuckDBPyConnection) -> None:
    for feed in ("orders", "order_lines", "returns"):
        add(con, "ops.row_outcomes", feed=feed, outcome="kept", row_count=1)
    told = "Nothing is loaded of visits to its sites (session_events), cost of advertising (ad_spend)."
    assert told in said(whole(report_on(con)))
    for feed in ("session_events", "ad_spend"):
        add(con, "ops.row_outcomes", feed=feed, outcome="kept", row_count=1)
    assert "Nothing is loaded" not in said(whole(report_on(con)))


def test_the_days_of_a_source_are_signs_and_no_colours(con: duckdb.DuckDBPyConnection) -> None:
    add(con, "ops.sources", source="orders", missing_count=1, refused_count=1, loaded_count=1)
    for state, back in (("loaded", 0), ("refused", 1), ("missing", 3)):
        add_delivery(con, state, DAY, DAY - timedelta(back))
    sources = whole(report_on(con)).figures[1]
    assert sources.column("two_weeks") == ["··········○·✕■"]


def test_every_row_that_was_delivered_is_accounted_for(con: duckdb.DuckDBPyConnection) -> None:
    for destination, rows in (("orders", 90), ("rejected:type", 8), ("rejected:range", 2)):
        add(con, "ops.accounts", table_name="orders", destination=destination, row_count=rows, money_amount=5)
    assert "Of 100 different rows delivered, 90 are in the tables and 10 were set aside" in said(
        whole(report_on(con))
    )


def test_warnings_are_told_without_keys_of_customers(con: duckdb.DuckDBPyConnection) -> None:
    add(
        con,
        "ops.warnings",
        check_name="x",
        sentence="3 orders have no purchase.",
        is_new=True,
        row_count=3,
        severity="warn",
        first_keys="customer_id=c0003452",
    )
    section = whole(report_on(con))
    assert "Warnings: 1, of which new tonight: 1." in said(section)
    assert "3 orders have no purchase. (new tonight)" in said(section)
    assert section.to_do == ("read the new warnings",)
    assert not any("c0003452" in str(row) for figures in section.figures for row in figures.rows)


def add_forecast(con: duckdb.DuckDBPyConnection, count: int, **values: object) -> None:
    for _ in range(count):
        add(con, "marts.customer_value", **values)


def test_without_a_forecast_the_reason_is_told(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 3, reason="too_short_history")
    add_forecast(con, 1, reason="guest")
    told = said(forecasts(report_on(con)))
    assert told.startswith(
        "There are no forecasts. Of 3 customers the reason is: the history is too short yet."
    )


def test_what_is_expected_stands_beside_how_far_off_the_tests_were(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 4, order_form="BG/NBD")
    for cut, ratio, factor, is_worse in (
        (date(2024, 8, 1), 0.9, None, False),
        (date(2024, 11, 1), 1.2, 1.1, True),
    ):
        add(
            con,
            "marts.model_quality",
            contender="BG/NBD",
            cut_date=cut,
            is_current=True,
            is_champion=True,
            season_factor=factor,
            total_ratio=ratio,
            is_worse_than_baseline=is_worse,
        )
    told = said(forecasts(report_on(con)))
    assert "4 customers have a forecast (model BG/NBD)." in told
    assert (
        "Tested on the past (2 times, 1 of them corrected for the season), the predicted total was −10.0 % to"
        in told
    )
    assert "+20.0 % off what happened" in told
    assert "in 1 of these tests a simple rule without a model did as well or better" in told
    assert "No forecast of an earlier night is over yet" in told


def add_total(con: duckdb.DuckDBPyConnection, days: int, high: float | None, **values: object) -> None:
    """A total of 100 order days and of 5,000 of spend, with a range that is as far below as above."""
    ends = {} if high is None else {"order_low_count": 10_000 / high, "order_high_count": high}
    known = {"season_factor_seen": 1.1, "order_window_count": 4}
    expected = {"expected_order_count": 100, "expected_spend_amount": 5000}
    row = {"site": "(all)", "horizon_days": days, "customer_count": 9} | expected | ends | known | values
    add(con, "marts.forecast_totals", **row)


def add_result(con: duckdb.DuckDBPyConnection, told_on: date, ratio: float) -> None:
    row = {"as_of_date": told_on, "horizon_days": 30, "churn_band": "(all)", "is_complete": True}
    add(con, "marts.forecast_results", total_ratio=ratio, **row)


def test_totals_stand_with_their_range_and_what_no_season_corrects(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 9, order_form="BG/NBD")
    add_total(con, 30, None, interval_reason="2 windows, 3 needed", season_factor_seen=None)
    add_total(con, 90, 120.0, spend_low_amount=4000, spend_high_amount=6250)
    add_total(con, 365, 110.0)
    told = said(forecasts(report_on(con)))
    assert "Orders expected in the next 90 days: 100 order days" in told
    assert "Sales expected in the same 90 days, before costs: € 5,000." in told
    assert "80 of 100 times the orders of these 90 days lie between 83 and 120." in told
    assert "the sales of these 90 days lie between € 4,000 and € 6,250." in told
    assert "of 30 days is, is not known: only 4 such periods of the past can be compared" in told
    assert "The 30 days are not corrected for the season" in told
    assert "365" not in told


def test_a_past_that_was_too_far_off_is_told(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 9, order_form="BG/NBD")
    add_total(con, 90, None, interval_reason=_told_of_misses())
    assert "in 4 such periods of the past the forecasts were too far off" in said(forecasts(report_on(con)))


def _told_of_misses() -> str:
    """The reason as the night writes it: the page finds its kind in it."""
    past = [PastTotal(90, DAY, 50.0, 100, None, 0.0, None, None)] * 4
    reason = order_interval(Totals(90, 100.0, None, is_corrected=False), past).reason
    assert reason is not None
    return reason


@pytest.mark.parametrize(
    ("high", "ratios", "verdict"),
    [
        (120.0, [0.95, 1.1, 1.4], "Yes, well enough to plan with."),
        (120.0, [], "Yes, well enough to plan with."),
        (140.0, [0.95], "Roughly: they show the direction"),
        (120.0, [0.7, 1.3, 1.0], "Not by themselves: most of the last ones were far off."),
        (None, [1.0], "How far the totals can be off is not known yet."),
    ],
)
def test_the_verdict_in_words(
    con: duckdb.DuckDBPyConnection, high: float | None, ratios: list[float], verdict: str
) -> None:
    add_forecast(con, 9, order_form="BG/NBD")
    add_total(con, 90, high)
    for number, ratio in enumerate(ratios):
        add_result(con, DAY - timedelta(40 + 30 * number), ratio)
    told = said(forecasts(report_on(con)))
    assert told.startswith(verdict)
    near = sum(abs(ratio - 1) <= 0.15 for ratio in ratios)
    count = f"Of the last {len(ratios)} forecasts whose time is over, {near} were within 15.0 %"
    assert (count in told) is bool(ratios)


def test_only_forecasts_whose_time_is_over_are_compared(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 1, order_form="BG/NBD")
    for told_on, is_complete in ((date(2025, 4, 1), True), (date(2025, 5, 27), False)):
        add(
            con,
            "marts.forecast_results",
            as_of_date=told_on,
            horizon_days=30,
            churn_band="(all)",
            is_complete=is_complete,
            expected_order_count=50,
            order_count=44,
        )
    told = said(forecasts(report_on(con)))
    assert "made on 1 April 2025 for 30 days: predicted 50 days with an order, 44 happened" in told


def test_a_form_that_could_not_be_tested_says_why(con: duckdb.DuckDBPyConnection) -> None:
    add_forecast(con, 1, order_form="BG/NBD")
    add(con, "marts.model_quality", contender="BG/NBD", is_current=True, fault="too few <days>")
    section = forecasts(report_on(con))
    assert "They could not be tested on the past: too few <days>." in said(section).replace(
        "&lt;", "<"
    ).replace("&gt;", ">")
    assert "too few &lt;days&gt;" in str(section.answer)


SENTENCES = (
    Sentence(
        "conversion_fell",
        "funnel",
        9.0,
        {
            "now_ratio": 0.025,
            "before_ratio": 0.05,
            "days": 14,
            "weeks_count": 13,
            "place": Words("place_device", {"cut": Words("cut_other", {"name": "<b>a & b</b>"})}),
        },
        "SELECT 0.025::DOUBLE AS now_ratio, 0.05::DOUBLE AS before_ratio, 14 AS days, 13 AS weeks_count",
    ),
    Sentence(
        "delivery_missing",
        "whole",
        8.0,
        {"source": "orders", "delivery_date": DAY},
        f"SELECT 'orders' AS source, DATE '{DAY}' AS delivery_date",
    ),
)


def test_each_sentence_leads_to_its_section_and_carries_its_query(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANGED, "sentences", lambda *_: SENTENCES)
    section = changed(report_on(con))
    assert "Fewer visits on &lt;b&gt;a &amp; b&lt;/b&gt; end in an order" in str(section.answer)
    assert '<a href="#funnel">Where visitors stop</a></li>' in str(section.answer)
    assert "A delivery is missing: orders of <b>30\N{NO-BREAK SPACE}May\N{NO-BREAK SPACE}2025</b>." in str(
        section.answer
    )
    assert [one.rows for one in section.figures] == [((0.025, 0.05, 14, 13),), (("orders", DAY),)]


def test_an_ordinary_morning_is_one_sentence_that_says_what_is_ordinary(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANGED, "sentences", lambda *_: ())
    assert said(changed(report_on(con))) == "Nothing changed, as far as a history this short can tell."
    add_weeks(con, [95, 110, *[90, 110] * 30])
    told = said(changed(report_on(con)))
    # 95 beside the mean of 110, 90, 110, …: 100.8; the weeks before lie 11 % below theirs to 11 % above it
    assert told.startswith("Nothing changed beyond what chance and ordinary weeks explain.")
    assert "Net sales of 24 May to 30 May 2025: € 95.00, −5.7 % against the average of the 13 weeks" in told
    assert re.search(
        r"That is ordinary: from the 13 weeks before, 7 days between € [\d.]+ and € \d+ would be.", told
    )


def test_a_week_outside_the_ordinary_is_said_to_be_so(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANGED, "sentences", lambda *_: ())
    add_weeks(con, [60, 110, *[90, 110] * 30])
    told = said(changed(report_on(con)))
    assert told.startswith("No change is certain yet.")
    assert "would be ordinary. One week outside proves little" in told


def test_a_tile_that_is_not_grey_is_named_on_a_quiet_morning(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CHANGED, "sentences", lambda *_: ())
    add_weeks(con, [95, 110, *[90, 110] * 30])
    con.execute("UPDATE marts.daily_kpis SET order_count = 10")
    assert "Unusual" not in said(changed(report_on(con)))
    con.execute(f"UPDATE marts.daily_kpis SET order_count = 30 WHERE kpi_date > DATE '{DAY}' - 7")
    section = changed(report_on(con))
    assert said(section).startswith("No change is certain yet.")
    assert "Unusual for one week" in said(section)
    assert 'once it lasts: <a href="#tiles">Orders</a> <b>210</b>' in str(section.answer)


def add_weeks(con: duckdb.DuckDBPyConnection, sales: list[int]) -> None:
    """Weeks of 7 days, the newest first, with all their sales on the last day."""
    for week, amount in enumerate(sales):
        for back in range(7):
            add(
                con,
                "marts.daily_kpis",
                site="(all)",
                kpi_date=DAY - timedelta(7 * week + back),
                net_sales_amount=amount if back == 0 else 0,
                has_missing_delivery=False,
            )
