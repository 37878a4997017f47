"""dbt tests that failed, as findings: what was found in plain words, and the keys of the failing rows."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from mandje.errors import MandjeError
from mandje.findings.finding import Finding
from mandje.findings.keys import Keys, failing_keys
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import NodeResult

_FAILED = frozenset({"warn", "fail", "error"})
# What a generic test fails by; other tests say it themselves (`meta: told`).
_TOLD = {
    "relationships": "{column_name} of {count} row(s) of {model} is not among {field} of {to}.",
    "unique": "{count} value(s) of {column_name} stand more than once in {model}.",
    "unique_key": "{count} key(s) of {model} ({columns}) stand more than once.",
    "not_null": "{count} row(s) of {model} have no {column_name}.",
    "accepted_values": "{count} value(s) of {column_name} in {model} are none that are allowed.",
}
# How dbt's own generic tests call the column that they look at.
_COLUMN_OF_DBT = ("from_field", "unique_field", "value_field")


def findings_of_tests(shop: Shop, results: Iterable[NodeResult]) -> tuple[Finding, ...]:
    """A finding per test that warned or failed. Its query runs once more, in DuckDB, for the keys.

    Nothing here stops a night: where rows cannot be listed, the finding says why.
    """
    failed = [one for one in results if one.kind == "test" and one.status in _FAILED]
    if not failed:
        return ()
    if shop.settings.engine.build == "spark":
        unlisted = Keys((), "rows of a build on Spark are not listed")
        return tuple(_finding(test, unlisted) for test in failed)
    try:
        with open_warehouse(shop, read_only=True) as con:
            return tuple(_finding(test, _keys(con, test)) for test in failed)
    except MandjeError as fault:
        return tuple(_finding(test, Keys((), f"its rows could not be listed: {fault}")) for test in failed)


def _keys(con: duckdb.DuckDBPyConnection, test: NodeResult) -> Keys:
    if test.failing_rows is None or not test.sql:
        return Keys((), "the test itself could not be run")
    column = test.generic.get("column_name")
    return failing_keys(con, test.sql, dict.fromkeys(_COLUMN_OF_DBT, column) if column else {})


def _finding(test: NodeResult, keys: Keys) -> Finding:
    return Finding(
        check=test.name,
        origin="dbt test",
        severity="warn" if test.status == "warn" else "error",
        sentence=_sentence(test),
        count=test.failing_rows,
        keys=keys.keys,
        note=keys.note,
    )


def _sentence(test: NodeResult) -> str:
    if test.failing_rows is None:
        return f"{test.name} could not be run: {test.message}"
    said = {name: _names(value) for name, value in test.generic.items()}
    said["count"] = f"{test.failing_rows:,}"
    told = test.told or _TOLD.get(said.get("name", ""), "")
    if not told:
        rule = test.description or test.name.replace("_", " ")
        told = f"{{count}} row(s) are not as they should be: {rule[0].lower()}{rule[1:]}"
    return re.sub(r"\{(\w+)\}", lambda part: said.get(part[1], part[0]), told)


def _names(value: object) -> str:
    """An argument of a generic test as a reader knows it: `ref('orders')` is orders."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return re.sub(r"^(?:ref|source)\(.*?'(\w+)'\)$", r"\1", str(value))
