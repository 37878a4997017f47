"""`main.about`: what a person who opens the file wants to know first. No wall clock in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.publish.catalogue.comments import describe
from mandje.publish.catalogue.public_table import PublicTable
from mandje.shop.settings import Shop
from mandje.system.literals import text_literal

ABOUT_COLUMNS = {
    "item": "What is told, the same name in every snapshot; of a site `site.<name>.<what>`.",
    "value": "As text; empty where it is not known, none where there is nothing. Unit: see description.",
    "description": "What it means, with its unit.",
}
_DESCRIPTION = "What this file holds and what it lacks: one row per thing to know, in reading order."
_HISTORY = "marts.calendar"
_NONE = "none"
# Item, value, description.
AboutRow = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Stand:
    """What a snapshot stands for."""

    as_of_date: date
    content_hash: str
    contract_version: int


def about_rows(
    con: duckdb.DuckDBPyConnection,
    shop: Shop,
    stand: Stand,
    tables: Sequence[PublicTable],
    ops_tables: Mapping[str, pl.DataFrame],
) -> list[AboutRow]:
    """Rows of `main.about`, from the public tables in the current database."""
    return [
        ("shop", shop.settings.name, "Name of the shop."),
        ("as_of_date", str(stand.as_of_date), "The last whole day that the figures show. Unit: local day."),
        ("history_start_date", _first_day(con, tables), "The first day that they show. Unit: local day."),
        ("reporting_currency", shop.settings.reporting_currency, "Currency of money, ISO 4217."),
        ("time_zone", shop.settings.time_zone, "Time zone of the shop."),
        *_sites(shop),
        *_lacks(ops_tables),
        ("empty_tables", _empty(con, tables), "Public tables without a row."),
        ("content_hash", stand.content_hash, "Hash of all that the tables say; journals left out."),
        (
            "contract_version",
            str(stand.contract_version),
            "Rises when a public column goes or is retyped.",
        ),
    ]


def write_about(con: duckdb.DuckDBPyConnection, rows: Sequence[AboutRow]) -> None:
    """Make the table in the current database."""
    columns = ", ".join(f"{name} VARCHAR" for name in ABOUT_COLUMNS)
    con.execute(f"CREATE TABLE main.about ({columns})")
    values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    con.execute(f"INSERT INTO main.about VALUES {values}")
    describe(con, "TABLE", "main.about", _DESCRIPTION, ABOUT_COLUMNS)


def _literal(value: str | None) -> str:
    return "NULL" if value is None else text_literal(value)


def _first_day(con: duckdb.DuckDBPyConnection, tables: Sequence[PublicTable]) -> str | None:
    if not any(f"{table.schema}.{table.name}" == _HISTORY for table in tables):
        return None
    row = con.execute(f"SELECT min(calendar_date) FROM {_HISTORY}").fetchone()
    return str(row[0]) if row and row[0] else None


def _sites(shop: Shop) -> Iterator[AboutRow]:
    yield "sites", ", ".join(shop.settings.sites), "Sites of the shop."
    for name, site in shop.settings.sites.items():
        yield f"site.{name}.currency", site.currency, f"Currency of site {name}, ISO 4217."
        yield f"site.{name}.time_zone", site.time_zone, f"Time zone of site {name}: its local days."


def _lacks(ops_tables: Mapping[str, pl.DataFrame]) -> Iterator[AboutRow]:
    """What is not there: feeds without a row, and deliveries."""
    rows, sources = ops_tables.get("row_outcomes"), ops_tables.get("sources")
    came = None if rows is None else set(rows["feed"])
    lacking = None if came is None else ", ".join(feed for feed in FEEDS if feed not in came) or _NONE
    yield "feeds_without_rows", lacking, "Feeds of which no row is loaded: what needs them is empty."
    for state in ("missing", "refused"):
        count = None if sources is None else str(sources[f"{state}_count"].sum())
        told = f"Deliveries that are {state}, listed in ops.deliveries. Unit: deliveries."
        yield f"{state}_deliveries", count, told


def _empty(con: duckdb.DuckDBPyConnection, tables: Sequence[PublicTable]) -> str:
    parts = (
        f"SELECT {text_literal(f'{table.schema}.{table.name}')} AS name"
        f" WHERE NOT EXISTS (SELECT 1 FROM {table.qualified})"
        for table in tables
    )
    rows = con.execute(f"SELECT name FROM ({' UNION ALL '.join(parts)}) ORDER BY name").fetchall()
    return ", ".join(name for (name,) in rows) or _NONE
