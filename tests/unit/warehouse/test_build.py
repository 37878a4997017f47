from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from mandje.errors import ExitCode, MandjeError
from mandje.shop.settings import Shop
from mandje.warehouse.build import build, build_customers
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import PROJECT, NodeResult
from mandje.warehouse.failed_tests import findings_of_tests
from mandje.warehouse.marker import Marker, write_marker
from mandje.warehouse.order_totals import read_order_totals
from mandje.warehouse.outcomes import read_row_outcomes

DAY = date(2025, 1, 31)


def _add_model(project: Path, name: str, sql: str) -> None:
    (project / "models" / "marts" / f"{name}.sql").write_text(sql)


def _marker(shop: Shop) -> dict[str, object]:
    content: dict[str, object] = json.loads(shop.warehouse.with_name("build.json").read_text())
    return content


def _tables(shop: Shop) -> list[str]:
    with open_warehouse(shop, read_only=True) as connection:
        rows = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'marts'"
        )
        return sorted(name for (name,) in rows.fetchall())


def _orders(shop: Shop) -> list[tuple[object, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute("FROM marts.orders").fetchall()


def test_two_builds_end_complete_and_without_tables_of_earlier_nights(
    small_project: Path, shop: Shop
) -> None:
    _add_model(
        small_project,
        "orders",
        "select {{ as_of_date() }} as as_of_date, '{{ var('margin_ratio') }}' as m",
    )
    with open_warehouse(shop) as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.gone (n INTEGER)")
    first = build(shop, DAY, [], [])
    assert (first.models, first.tests, first.findings, first.failures) == (3, 0, (), ())
    outcomes = read_row_outcomes(shop)
    assert outcomes is not None
    assert outcomes.rows() == [("shop", date(2025, 1, 30), "orders", "EUR", "kept", 2, Decimal("3.5"))]
    totals = read_order_totals(shop).row(0)
    assert totals == ("EUR", 1, Decimal(9), Decimal(7), Decimal(1), Decimal(1), 1)
    assert _tables(shop) == ["orders"]
    assert _marker(shop)["complete"] is False
    second = build_customers(shop, DAY)
    assert (second.models, _tables(shop)) == (1, ["customers", "orders"])
    assert _marker(shop) == _marker(shop) | {"as_of_date": "2025-01-31", "complete": True}
    assert _orders(shop) == [(DAY, "0.40")]


@pytest.mark.parametrize("schema", ["predictions", "scores"])
def test_what_was_said_of_persons_does_not_outlive_the_night(
    small_project: Path, shop: Shop, schema: str
) -> None:
    assert small_project
    with open_warehouse(shop) as connection:
        connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.persons (n INTEGER)")
    build(shop, DAY, [], [])
    with open_warehouse(shop, read_only=True) as connection:
        found = connection.execute("SELECT table_schema FROM information_schema.tables").fetchall()
    assert schema not in {name for (name,) in found}


def test_every_night_has_its_own_date(small_project: Path, shop: Shop) -> None:
    _add_model(small_project, "orders", "select {{ as_of_date() }} as as_of_date")
    for day in (DAY, DAY + timedelta(days=1)):
        build(shop, day, [], [])
        assert _orders(shop) == [(day,)]


def test_a_failing_model_stops_the_night_and_leaves_no_marker(small_project: Path, shop: Shop) -> None:
    build(shop, DAY, [], [])
    _add_model(
        small_project, "orders", "select no_such_column from {{ source_of_trouble }} (values (1)) as t (n)"
    )
    with pytest.raises(MandjeError, match=r"1 model.*marts\.orders.*no_such_column") as caught:
        build(shop, DAY, [], [])
    assert caught.value.exit_code is ExitCode.NIGHT_STOPPED
    assert not shop.warehouse.with_name("build.json").exists()
    with pytest.raises(MandjeError, match="not built for this date"):
        build_customers(shop, DAY)


def test_a_project_that_cannot_be_read_is_one_clear_error(small_project: Path, shop: Shop) -> None:
    _add_model(small_project, "orders", "select * from {{ ref('nowhere') }}")
    with pytest.raises(MandjeError, match=r"dbt build could not start.*nowhere"):
        build(shop, DAY, [], [])


def test_failing_tests_are_told_and_stop_nothing(small_project: Path, shop: Shop) -> None:
    _add_model(small_project, "orders", "select 1 as n")
    _add_model(small_project, "later", "select n from {{ ref('orders') }}")
    (small_project / "tests" / "no_orders.sql").write_text("select * from {{ ref('orders') }}")
    (small_project / "tests" / "few_orders.sql").write_text(
        "{{ config(severity='warn') }} select * from {{ ref('orders') }}"
    )
    (small_project / "tests" / "told.yml").write_text(
        "data_tests: [{name: no_orders, description: There are no orders.},"
        " {name: few_orders, config: {meta: {told: '{count} is few {but} so it is.'}}}]"
    )
    built = build(shop, DAY, [], [])
    assert built.tests == 2
    assert built.failures == ("no_orders: 1 row(s) are not as they should be: there are no orders.",)
    assert {one.check: (one.severity, one.sentence, one.count, one.keys) for one in built.findings} == {
        "no_orders": ("error", built.failures[0].removeprefix("no_orders: "), 1, ('{"n": 1}',)),
        "few_orders": ("warn", "1 is few {but} so it is.", 1, ('{"n": 1}',)),
    }
    assert _tables(shop) == ["later", "orders"]


def test_generic_tests_say_what_they_found_and_list_it_under_the_column_s_name(
    small_project: Path, shop: Shop
) -> None:
    rows = "(values ('2', 'a'), ('1', 'a'), ('3', null), ('4', 'x@example.org')) as t (n, word)"
    _add_model(small_project, "orders", f"select * from {rows}")
    (small_project / "models" / "marts" / "orders.yml").write_text("""
models:
  - name: orders
    data_tests:
      - unique_key: {arguments: {columns: [word]}}
    columns:
      - name: word
        data_tests:
          - unique
          - not_null
          - accepted_values: {arguments: {values: [a]}}
          - relationships: {arguments: {to: ref('orders'), field: n}}
""")
    shutil.copytree(PROJECT / "tests" / "generic", small_project / "tests" / "generic")
    found = {one.check: one for one in build(shop, DAY, [], []).findings}
    assert {one.sentence: one.keys for one in found.values()} == {
        "1 key(s) of orders (word) stand more than once.": ('{"word": "a", "row_count": 2}',),
        "1 value(s) of word stand more than once in orders.": ('{"word": "a", "n_records": 2}',),
        "1 row(s) of orders have no word.": ('{"word": null}',),
        "1 value(s) of word in orders are none that are allowed.": ('{"word": "(address)", "n_records": 1}',),
        "word of 3 row(s) of orders is not among n of orders.": (
            '{"word": "a"}',
            '{"word": "a"}',
            '{"word": "(address)"}',
        ),
    }


def test_a_test_that_cannot_be_run_is_told_without_keys(small_project: Path, shop: Shop) -> None:
    (small_project / "tests" / "broken.sql").write_text("select no_such_column")
    (told,) = build(shop, DAY, [], []).findings
    assert (told.severity, told.count, told.keys) == ("error", None, ())
    assert told.note == "the test itself could not be run"
    assert "broken could not be run" in told.sentence


def test_rows_that_cannot_be_listed_leave_a_warning_that_says_why(shop: Shop) -> None:
    warned = NodeResult(
        "few", "test", "", "warn", "", "", 0.1, failing_rows=3, sql="select gone", told="Few."
    )
    (unopened,) = findings_of_tests(shop, [warned])
    with open_warehouse(shop):
        pass
    (unlisted,) = findings_of_tests(shop, [warned])
    engine = shop.settings.engine.model_copy(update={"build": "spark"})
    on_spark = Shop(shop.folder, shop.settings.model_copy(update={"engine": engine}))
    (spark,) = findings_of_tests(on_spark, [warned])
    for one in (unopened, unlisted, spark):
        assert (one.sentence, one.count, one.keys) == ("Few.", 3, ())
    assert "there is no working database yet" in unopened.note
    assert 'rows could not be listed: Binder Error: Referenced column "gone"' in unlisted.note
    assert "Spark" in spark.note


def test_a_damaged_database_is_made_anew(small_project: Path, shop: Shop) -> None:
    assert small_project
    shop.warehouse.parent.mkdir()
    shop.warehouse.write_bytes(b"half a database")
    (warning,) = build(shop, DAY, [], []).findings
    assert (warning.check, warning.severity) == ("working_database", "warn")
    assert "made anew" in warning.sentence


def test_the_marts_after_predictions_need_the_marts_of_the_same_day(shop: Shop) -> None:
    shop.warehouse.parent.mkdir()
    write_marker(shop, Marker(DAY, "0", complete=True))
    with pytest.raises(MandjeError, match="built for 2025-01-31; expected: 2025-02-01"):
        build_customers(shop, date(2025, 2, 1))
