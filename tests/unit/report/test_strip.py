"""The strip: what the night came to, and the standing that another one replaces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from mandje.report.section import Report
from mandje.report.strip import Standing, standing_block, strip, with_standing
from mandje.report.written import Numbers

DAY = date(2025, 5, 30)
TABLES = """
CREATE SCHEMA ops; CREATE SCHEMA marts;
CREATE TABLE ops.stages AS SELECT unnest([DATE '2025-05-29', DATE '2025-05-30']) AS run_date;
CREATE TABLE ops.checks AS SELECT * FROM (VALUES
    (DATE '2025-05-29', false), (DATE '2025-05-30', true),
    (DATE '2025-05-30', false)) AS t (run_date, passed);
CREATE TABLE ops.warnings AS SELECT * FROM (VALUES
    ('warn', true), ('warn', false), ('note', true)) AS t (severity, is_new);
CREATE TABLE ops.deliveries AS SELECT * FROM (VALUES
    (DATE '2025-05-29', 'missing'), (DATE '2025-05-30', 'loaded'), (DATE '2025-05-30', 'loaded'),
    (DATE '2025-05-30', 'refused')) AS t (delivery_date, state);
CREATE TABLE ops.delivered AS SELECT * FROM (VALUES
    (0, 0.0000::DECIMAL(18, 4)), (-2, 3.5000)) AS t (missing_row_count, missing_money_amount);
CREATE TABLE marts.restatements AS SELECT * FROM (VALUES
    (DATE '2025-05-28'), (DATE '2025-05-28'), (DATE '2025-05-27')) AS t (kpi_date);
"""


@pytest.fixture
def report() -> Iterator[Report]:
    with duckdb.connect(":memory:") as con:
        con.execute(TABLES)
        yield Report(con, "demo", DAY, Numbers("en", "EUR"))


def test_the_strip_counts_the_night_of_the_page_alone(report: Report) -> None:
    told, figures = strip(report)
    assert figures.rows == ((1, 2, 2, 1, 2, 0, 1, 2, pytest.approx(3.5), 2),)
    assert "checks passed: 1 of 2" in told
    assert "warnings: 2, of which new 1" in told
    assert "2 loaded, 0 missing, 1 refused" in told
    assert "2 rows, 3.50 in money" in told


def test_only_what_somebody_must_act_on_is_marked(report: Report) -> None:
    told, _ = strip(report)
    assert told.count('class="trouble"') == 2  # the refused delivery, the lost rows
    report.con.execute(
        "DELETE FROM ops.checks WHERE NOT passed; DELETE FROM ops.deliveries WHERE state <> 'loaded';"
        " UPDATE ops.delivered SET missing_row_count = 0, missing_money_amount = 0"
    )
    assert 'class="trouble"' not in strip(report)[0]


def test_another_standing_takes_the_place_of_the_first_one_alone() -> None:
    numbers = Numbers("en", "EUR")
    page = f"<h1>demo</h1>{standing_block(Standing('published', DAY), numbers)}<p>figures</p>"
    kept = Standing("kept", DAY, date(2025, 5, 31), (r"sales of <b>nothing</b> \1 & more",))
    changed = with_standing(page, kept, numbers)
    assert "Published" not in changed
    assert "Not published: the night of 31\N{NO-BREAK SPACE}May" in changed
    assert r"sales of &lt;b&gt;nothing&lt;/b&gt; \1 &amp; more" in changed
    assert changed.startswith("<h1>demo</h1>")
    assert changed.endswith("<p>figures</p>")
    assert with_standing(changed, Standing("published", DAY), numbers) == page
