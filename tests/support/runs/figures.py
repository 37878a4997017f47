"""Daily figures of a made-up shop in the tables that the gate compares, and ways to let them collapse."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

FIRST = date(2025, 1, 6)
DAYS = [FIRST + timedelta(days=number) for number in range(100)]
LAST = DAYS[-1]
SITES = {"nl": 1.0, "uk": 0.4}
EVENT_TYPES = {"page_view": 400, "product_view": 200, "add_to_cart": 40, "add_payment": 6}
KPIS = {
    "order_count": 30,
    "session_count": 120,
    "page_view_count": 400,
    "gross_sales_amount": 1500,
    "spend_amount": 80,
}
Row = dict[str, Any]


def daily_rows(seed: int, sites: dict[str, float] | None = None) -> list[Row]:
    """One row per day and site, and '(all)': counts with weekly rhythm and chance around their means."""
    chance = random.Random(seed)
    rows = []
    for day in DAYS:
        own = [_row(chance, day, site, share) for site, share in (sites or SITES).items()]
        both = {name: sum(row[name] for row in own) for name in own[0] if name not in {"day", "site"}}
        rows += [*own, {"day": day, "site": "(all)", **both}]
    return rows


def _row(chance: random.Random, day: date, site: str, share: float) -> Row:
    rhythm = share * (1.3 if day.weekday() >= 5 else 0.9)
    means = {**KPIS, **EVENT_TYPES}
    return {
        "day": day,
        "site": site,
        **{
            name: max(0, round(chance.gauss(mean * rhythm, (mean * rhythm) ** 0.5)))
            for name, mean in means.items()
        },
    }


def fill(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    """Put the rows where a night would have built them."""
    con.execute("CREATE SCHEMA IF NOT EXISTS marts; CREATE SCHEMA IF NOT EXISTS intermediate")
    columns = ", ".join(f"CAST({name} AS {_kind(name)}) AS {name}" for name in KPIS)
    con.register("rows", pl.DataFrame(rows).to_arrow())
    con.execute(
        f"CREATE OR REPLACE TABLE marts.daily_kpis AS SELECT day AS kpi_date, site, {columns} FROM rows"
    )
    con.execute(
        "CREATE OR REPLACE TABLE counts AS UNPIVOT (FROM rows WHERE site <> '(all)')"
        f" ON {', '.join(EVENT_TYPES)} INTO NAME event_type VALUE n"
    )
    con.unregister("rows")
    con.execute(
        "CREATE OR REPLACE VIEW intermediate.int_events_sessionised AS"
        " SELECT site, day AS event_date, event_type FROM counts, range(n)"
    )


def _kind(name: str) -> str:
    return "DECIMAL(18,4)" if "amount" in name else "BIGINT"


def collapse(rows: list[Row], day: date, share: float, *names: str, site: str | None = None) -> list[Row]:
    """The same rows with some figures of a day cut to a share, on a site or on all."""
    changed = [
        {**row, **{name: int(row[name] * share) for name in names}}
        if row["day"] == day and row["site"] in (site or row["site"], "(all)"[: 5 * (site is None)])
        else dict(row)
        for row in rows
    ]
    sums = {
        name: sum(row[name] for row in changed if row["day"] == day and row["site"] != "(all)")
        for name in names
    }
    return [{**row, **sums} if row["day"] == day and row["site"] == "(all)" else row for row in changed]
