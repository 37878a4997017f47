"""Pictures: what is drawn where, from figures worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.pictures.heat import heat_table
from mandje.report.pictures.lines import Line, Marked, line_chart, line_path
from read_page import Element, read_page
from small_snapshot import report_on

LABEL = Markup("what it shows")
MONDAYS = [date(2025, 4, 21) + timedelta(7 * week) for week in range(5)]


def test_a_line_is_as_high_as_its_values_and_breaks_where_one_is_unknown() -> None:
    assert line_path([0, 5, None, 10, 20], top=20) == "M0.0 100.0L25.0 75.0M75.0 50.0L100.0 0.0"
    assert line_path([3, 4], top=4, bottom=3) == "M0.0 100.0L100.0 0.0"
    assert line_path([7], top=0) == "M0.0 -600.0"  # one value, nothing to be high beside


def drawn(con: duckdb.DuckDBPyConnection, values: list[float | None], *marked: Marked) -> Element:
    lines = [Line("this_year", values)]
    return read_page(str(line_chart(report_on(con), MONDAYS, lines, LABEL, marked)))


def test_a_line_chart_has_a_name_a_scale_and_months(con: duckdb.DuckDBPyConnection) -> None:
    chart = drawn(con, [100, 200, 300, 400, 1100])
    assert [one.attributes["aria-label"] for one in chart.tags("svg")] == [LABEL]
    assert [one.attributes["role"] for one in chart.tags("svg")] == ["img"]
    spans = [one.text() for one in chart.all(lambda one: "axis" in one.classes)]
    assert spans == ["0", "€\N{NO-BREAK SPACE}600", "€\N{NO-BREAK SPACE}1,200", "May\N{NO-BREAK SPACE}2025"]


def test_a_mark_stands_on_the_line_and_is_explained(con: duckdb.DuckDBPyConnection) -> None:
    chart = drawn(con, [0, 0, 600, 0, 1200], Marked("restated", frozenset({MONDAYS[2]})))
    marks = list(chart.all(lambda one: "mark" in one.classes))
    assert [one.text() for one in marks] == ["changed since last published", ""]
    assert marks[1].attributes["style"] == "left:50.0%;top:50.0%"


@pytest.mark.parametrize("values", [[None] * 5, [0] * 5])
def test_nothing_known_is_an_empty_chart(con: duckdb.DuckDBPyConnection, values: list[float | None]) -> None:
    assert len(drawn(con, values).tags("svg")) == 1


def test_bars_are_as_long_as_their_figures_with_marks_and_notes(con: duckdb.DuckDBPyConnection) -> None:
    rows = (
        ("a", 5, 20, "costs_more"),
        ("b", 40, None, "earns"),
        ("c", -3, 10, None),
        ("d", None, None, None),
    )
    figures = Figures("x", "", ("channel", "cpa_amount", "may_cost_amount", "verdict_code"), rows)
    bars = Bars(("channel", "cpa_amount"), "cpa_amount", "may_cost_amount", "verdict_code", plain="earns")
    table = read_page(str(bar_table(report_on(con), figures, bars, LABEL)))
    assert [one.attributes["style"] for one in table.tags("i")] == [
        "width:12.5%",
        "width:100.0%",
        "width:0.0%",
    ]
    assert [one.attributes["style"] for one in table.tags("b")] == ["left:50.0%", "left:25.0%"]
    assert [one.text() for one in table.tags("em")] == ["costs more than it brings"]
    scroll = table.tags("div")[0].attributes
    assert (scroll["tabindex"], scroll["role"], scroll["aria-label"]) == ("0", "region", LABEL)


def test_ratios_are_shaded_by_how_high_they_are(con: duckdb.DuckDBPyConnection) -> None:
    columns = ("cohort_month", "customer_count", "month_1_ratio", "month_2_ratio")
    rows = ((date(2025, 1, 1), 10, 0.4, 0.1), (date(2025, 2, 1), 20, None, None))
    table = read_page(str(heat_table(report_on(con), Figures("x", "", columns, rows), LABEL)))
    shades = [one.attributes.get("style") for one in table.all(lambda one: "h" in one.classes)]
    assert shades == ["--v:1.00", "--v:0.25", None]
    assert [one.text() for one in table.tags("thead")[0].tags("tr")[0].tags("th")][2:] == [
        "+1 mo.",
        "+2 mo.",
    ]
