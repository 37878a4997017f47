"""Great Expectations looks at the staged sets, once per feed and night, inside DuckDB.

What one column can say is a native expectation on the feed; what needs history, another feed or a group is
measured first (`measures`), and the expectation stands on the measure. Of a check that failed, the keys of
its rows are listed (`failed_checks`); nothing else of a row leaves the database.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from mandje.errors import MandjeError
from mandje.findings.finding import Finding
from mandje.observe.set_checks.attached import attached
from mandje.observe.set_checks.expected import SetCheck, Severity, set_checks
from mandje.observe.set_checks.failed_checks import finding_of
from mandje.observe.set_checks.measures import measure_sql
from mandje.shop.settings import Shop

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.expectations.expectation import Expectation

_MEASURES = "measures"


@dataclass(frozen=True, slots=True)
class Check:
    """What came of one expectation.

    `observed` is a share, a ratio, days or a count, as the expectation's kind says; None where there was
    too little to judge by, which passes. `unexpected_count` is None where rows cannot be counted.
    """

    feed: str
    name: str
    severity: Severity
    passed: bool
    observed: float | None
    expected: str
    unexpected_count: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Checks:
    """All expectations of a night; `passed` unless one that holds the gate failed.

    `findings` tells of every one that failed, whatever its severity.
    """

    as_of_date: date
    passed: bool
    failed_holds: tuple[str, ...]
    findings: tuple[Finding, ...]
    checks: tuple[Check, ...]


def check_staging(shop: Shop, as_of_date: date, last_open: Mapping[str, date] | None = None) -> Checks:
    """Check the staged feeds as they stand at `as_of_date`: rows delivered later do not count.

    Feeds without rows are skipped. The data alone never makes this raise. `last_open` is the day up to which
    rows of a feed may have come, where that is not the as-of date: it was closed since.

    Raises:
        MandjeError: no warehouse, or staging is not built.
    """
    with _staged(shop, as_of_date) as con:
        filled = _feeds_with_rows(con)
        checks = [check for check in set_checks(shop.settings) if check.feed in filled]
        days = {check.feed: (last_open or {}).get(check.feed, as_of_date) for check in checks}
        measured = _measure(con, checks, days)
        results = tuple(_result(check, measured, seen) for check, seen in _validate(con, checks, measured))
        findings = _findings(con, checks, results)
    return Checks(
        as_of_date=as_of_date,
        passed=all(result.passed or result.severity == "warn" for result in results),
        failed_holds=tuple(
            f"{one.check}: {one.sentence.removesuffix('.')}" for one in findings if one.severity == "hold"
        ),
        findings=findings,
        checks=results,
    )


def _findings(
    con: duckdb.DuckDBPyConnection, checks: Sequence[SetCheck], results: Sequence[Check]
) -> tuple[Finding, ...]:
    by_name = {check.name: check for check in checks}
    return tuple(
        finding_of(con, by_name[one.name], one.observed, one.unexpected_count)
        for one in results
        if not one.passed
    )


@contextmanager
def _staged(shop: Shop, as_of_date: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A view `feed_<name>` per staged feed, in memory, over the working database opened read-only."""
    with attached(shop) as con:
        for feed in {check.feed for check in set_checks(shop.settings)}:
            _view(con, feed, as_of_date)
        yield con


def _view(con: duckdb.DuckDBPyConnection, feed: str, as_of_date: date) -> None:
    rows = f"SELECT * FROM work.staging.stg_{feed} WHERE delivery_date <= DATE '{as_of_date}'"
    try:
        con.execute(f"CREATE VIEW feed_{feed} AS {rows}")
    except duckdb.CatalogException:
        raise MandjeError(f"staging.stg_{feed} is not built", next_step="run the night again") from None


def _feeds_with_rows(con: duckdb.DuckDBPyConnection) -> set[str]:
    views = con.execute("SELECT view_name FROM duckdb_views() WHERE view_name LIKE 'feed\\_%' ESCAPE '\\'")
    names = [name for (name,) in views.fetchall()]
    union = " UNION ALL ".join(f"SELECT '{name}', EXISTS (SELECT 1 FROM {name})" for name in names)
    return {name.removeprefix("feed_") for name, has_rows in con.execute(union).fetchall() if has_rows}


Measured = Mapping[str, tuple[float | None, int | None]]


def _measure(
    con: duckdb.DuckDBPyConnection, checks: Sequence[SetCheck], days: Mapping[str, date]
) -> Measured:
    """Measure in one statement; a table of one row, a column per check, is what is then expected of."""
    written = ((check.name, measure_sql(check, days[check.feed])) for check in checks)
    queries = {name: query for name, query in written if query}
    if not queries:
        return {}
    stacked = " UNION ALL ".join(
        f"SELECT '{name}' AS name, observed, unexpected FROM ({query})" for name, query in queries.items()
    )
    rows = con.execute(stacked).fetchall()
    columns = ", ".join(
        f'CAST({"NULL" if seen is None else seen} AS DOUBLE) AS "{name}"' for name, seen, _ in rows
    )
    con.execute(f"CREATE TABLE {_MEASURES} AS SELECT {columns}")
    return {name: (seen, unexpected) for name, seen, unexpected in rows}


def _validate(
    con: duckdb.DuckDBPyConnection, checks: Sequence[SetCheck], measured: Measured
) -> Iterator[tuple[SetCheck, Any]]:
    """Every check with Great Expectations' result: one batch per feed, and one of all measures."""
    # It logs hundreds of lines about itself while it is imported.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations as gx
    from great_expectations.data_context.data_context.context_factory import set_context
    from great_expectations.data_context.types import base
    from tqdm import tqdm

    # A thread that watches its silent bars would outlive the night, and DuckDB tells that on the screen.
    tqdm.monitor_interval = 0
    in_memory = base.InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    silent = base.ProgressBarsConfig(globally=False, metric_calculations=False)
    config = base.DataContextConfig(store_backend_defaults=in_memory, progress_bars=silent)
    context = gx.get_context(mode="ephemeral", project_config=config)
    source = context.data_sources.add_sql(  # type: ignore[call-arg]  # the stub lacks kwargs
        "staging",
        connection_string="duckdb:///:memory:",
        create_temp_table=False,
        kwargs={"creator": lambda: _connection(con)},
    )
    tables: dict[str, list[SetCheck]] = {}
    for check in checks:
        tables.setdefault(_MEASURES if check.name in measured else f"feed_{check.feed}", []).append(check)
    try:
        for table, own in tables.items():
            yield from zip(own, _outcomes(source, table, own), strict=True)
    finally:
        # It would keep the last context, and by it the database, until the process ends.
        source.get_execution_engine().close()
        set_context(None)


def _outcomes(source: SQLDatasource, table: str, checks: Sequence[SetCheck]) -> list[Any]:
    import great_expectations as gx

    asset = source.add_query_asset(name=table, query=f"SELECT * FROM {table}")
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    suite = gx.ExpectationSuite(name=table, expectations=[_expectation(check) for check in checks])
    found = {
        result["expectation_config"]["meta"]["name"]: result
        for result in batch.validate(suite, result_format="BASIC").results
    }
    return [found[check.name] for check in checks]


def _expectation(check: SetCheck) -> Expectation:
    from great_expectations.expectations.core import (
        expect_column_max_to_be_between as greatest,
    )
    from great_expectations.expectations.core import (
        expect_column_values_to_be_in_set as in_set,
    )
    from great_expectations.expectations.core import (
        expect_column_values_to_not_be_null as not_null,
    )

    meta = {"name": check.name}
    share = 1.0 if check.minimum is None else check.minimum
    if check.kind == "filled":
        return not_null.ExpectColumnValuesToNotBeNull(column=check.columns[0], mostly=share, meta=meta)
    if check.kind == "known":
        return in_set.ExpectColumnValuesToBeInSet(
            column=check.columns[0], value_set=list(check.allowed), mostly=share, meta=meta
        )
    return greatest.ExpectColumnMaxToBeBetween(
        column=check.name, min_value=check.minimum, max_value=check.maximum, meta=meta
    )


def _result(check: SetCheck, measured: Measured, found: Any) -> Check:  # noqa: ANN401  GX has no types
    observed, unexpected = measured.get(check.name) or _share(found.result)
    too_little = check.name in measured and observed is None
    return Check(
        feed=check.feed,
        name=check.name,
        severity=check.severity,
        passed=bool(found.success) or too_little,
        observed=observed,
        expected=check.expected,
        unexpected_count=unexpected,
        sentence=check.sentence,
    )


def _share(result: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """Share of the rows with a value that are as expected, and how many are not; None without an answer."""
    if "unexpected_count" not in result:
        return None, None
    rows = result["element_count"] - result.get("missing_count", 0)
    unexpected = int(result["unexpected_count"])
    return (1 - unexpected / rows if rows else 1.0), unexpected


def _connection(root: duckdb.DuckDBPyConnection) -> object:
    """A connection for SQLAlchemy that gives every cursor a DuckDB cursor of its own.

    Great Expectations reads a result after its connection went back to the pool, whose rollback would drop
    the result of a shared cursor.
    """
    from duckdb_engine import ConnectionWrapper, CursorWrapper

    class OwnCursors(ConnectionWrapper):
        def cursor(self) -> CursorWrapper:
            return CursorWrapper(root.cursor(), self)

    return OwnCursors(root.cursor())
