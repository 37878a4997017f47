"""Contracts, staging, marts and their documentation say the same, both ways."""

from __future__ import annotations

import ast
import re
from decimal import Decimal
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import DELIVERY_COLUMNS, SQL_TYPES
from mandje.ingest.read.parsed import REJECTED_SCHEMA
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.raw_views import REJECTED_SQL
from repository import DBT_PROJECT

PROJECT = DBT_PROJECT
MODELS = PROJECT / "models"
ORIGIN = ("delivery_source", "delivery_date")
NUMERIC = re.compile(r"^(bigint|integer|double|decimal|hugeint)")
Columns = dict[str, str]


def _documented() -> dict[str, dict[str, Any]]:
    """Every model's own documentation, by name, with the layer that its file stands in."""
    return {
        model["name"]: model | {"layer": path.relative_to(MODELS).parts[0], "file": path}
        for path in sorted(MODELS.rglob("*.yml"))
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    }


DOCUMENTED = _documented()
TYPED = sorted(name for name, model in DOCUMENTED.items() if model["layer"] in {"staging", "marts"})


def _columns(model: str) -> Columns:
    return {column["name"]: column["data_type"].lower() for column in DOCUMENTED[model].get("columns", [])}


def _descriptions(model: str) -> dict[str, str]:
    return {column["name"]: column.get("description", "") for column in DOCUMENTED[model].get("columns", [])}


def _relation(model: str) -> str:
    return f"{DOCUMENTED[model]['layer']}.{model}"


def _contract(feed: str) -> Columns:
    own = {column.name: column.type for column in FEEDS[feed].columns}
    origin = {name: DELIVERY_COLUMNS[name] for name in ORIGIN}
    return {name: SQL_TYPES[kind].lower() for name, kind in (own | origin).items()}


@pytest.fixture(scope="module")
def built(whole_warehouse: Shop) -> dict[str, Columns]:
    """Columns with their types of every table that dbt built."""
    with open_warehouse(whole_warehouse, read_only=True) as connection:
        rows = connection.execute(
            "SELECT table_schema, table_name, column_name, lower(data_type) FROM information_schema.columns"
            " WHERE table_schema IN ('staging', 'intermediate', 'marts') ORDER BY ALL"
        ).fetchall()
    tables: dict[str, Columns] = {}
    for schema, table, column, kind in rows:
        tables.setdefault(f"{schema}.{table}", {})[column] = kind
    return tables


@pytest.mark.parametrize("feed", FEEDS)
def test_staging_documents_its_contract(feed: str) -> None:
    assert _columns(f"stg_{feed}") == _contract(feed)


@pytest.mark.parametrize("feed", FEEDS)
def test_staging_describes_columns_in_the_words_of_the_contract(feed: str) -> None:
    told = _descriptions(f"stg_{feed}")
    ours = {column.name: f"{column.description} Unit: {column.unit}." for column in FEEDS[feed].columns}
    assert {name: text for name, text in told.items() if name not in ORIGIN} == ours


@pytest.mark.parametrize("feed", FEEDS)
def test_staging_is_built_as_its_contract_says(feed: str, built: dict[str, Columns]) -> None:
    assert built[f"staging.stg_{feed}"] == _contract(feed)


@pytest.mark.parametrize("model", TYPED)
def test_staging_and_marts_are_built_as_they_are_documented(model: str, built: dict[str, Columns]) -> None:
    assert built[_relation(model)] == _columns(model)


@pytest.mark.parametrize("model", sorted(DOCUMENTED))
def test_documented_columns_are_built(model: str, built: dict[str, Columns]) -> None:
    assert set(_descriptions(model)) <= set(built[_relation(model)])


def test_what_is_built_is_documented(built: dict[str, Columns]) -> None:
    assert set(built) == {_relation(model) for model in DOCUMENTED}


def test_every_model_has_one_yml_beside_its_sql() -> None:
    models = {path.stem: path.parent for path in MODELS.rglob("*.sql")}
    files = {name: model["file"] for name, model in DOCUMENTED.items()}
    assert {name: folder / f"{name}.yml" for name, folder in models.items()} == files


@pytest.mark.parametrize("model", sorted(DOCUMENTED))
def test_every_model_and_column_is_described(model: str) -> None:
    assert DOCUMENTED[model].get("description")
    assert [name for name, text in _descriptions(model).items() if not text] == []


@pytest.mark.parametrize("model", sorted(DOCUMENTED))
def test_numbers_name_their_unit(model: str, built: dict[str, Columns]) -> None:
    told = _descriptions(model)
    numbers = [name for name, kind in built[_relation(model)].items() if NUMERIC.match(kind) and name in told]
    assert [name for name in numbers if not re.search(r"Unit: \S", told[name])] == []


@pytest.fixture(scope="module")
def feeds() -> dict[str, dict[str, Any]]:
    """The macro `feeds()`, rendered for DuckDB."""
    paths = sorted((PROJECT / "macros").rglob("*.sql"))
    # Jinja alone does not know dbt's materializations.
    texts = [path.read_text(encoding="utf-8") for path in paths if path.stem != "duckdb_table"]
    template = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"]).from_string("".join(texts))  # noqa: S701  SQL, not HTML

    class Adapter:
        def dispatch(self, name: str, _package: str) -> Any:
            return getattr(module, f"duckdb__{name}")

    module = template.make_module({"adapter": Adapter(), "return": lambda value: value})
    rendered: dict[str, dict[str, Any]] = ast.literal_eval(str(module.feeds()).strip())
    return rendered


def test_sql_knows_the_same_feeds_with_the_same_keys(feeds: dict[str, dict[str, Any]]) -> None:
    assert {name: (tuple(feed["key"]), feed.get("document")) for name, feed in feeds.items()} == {
        name: (table.key, table.document) for name, table in FEEDS.items()
    }


@pytest.mark.parametrize("name", [name for name, table in FEEDS.items() if table.money])
def test_sql_values_a_row_as_its_contract_does(name: str, feeds: dict[str, dict[str, Any]]) -> None:
    rule = FEEDS[name].money
    assert rule is not None
    columns = {column.name: column for column in FEEDS[name].columns if column.type == "decimal"}
    amounts = [Decimal(text) for text in ("0", "3.0001", "0.5", "99999.9999")]
    needed = {group[0] for group in FEEDS[name].one_of}
    rows = [
        [
            amount if not column.nullable or column.name in needed or amount else None
            for column in columns.values()
        ]
        for amount in amounts
    ]
    values = ", ".join(f"CAST(? AS {SQL_TYPES['decimal']})" for _ in columns)
    query = f"SELECT CAST({feeds[name]['money']} AS DECIMAL(18,4)), {rule.sql()} FROM (SELECT {values}) AS t"
    with duckdb.connect() as connection:
        for row in rows:
            ours, contracts = connection.execute(f"{query} ({', '.join(columns)})", row).fetchall()[0]
            assert ours == contracts


def test_only_feeds_with_money_have_a_value(feeds: dict[str, dict[str, Any]]) -> None:
    assert {name for name, feed in feeds.items() if "money" in feed} == {
        name for name, table in FEEDS.items() if table.money
    }


def test_rejected_rows_are_read_as_they_are_written() -> None:
    names = {"String": "VARCHAR", "Int64": "BIGINT", "Date": "DATE"}
    written = {name: names.get(str(kind), "DECIMAL(18,4)") for name, kind in REJECTED_SCHEMA.items()}
    assert written == REJECTED_SQL
