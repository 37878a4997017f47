"""Exchange rates that money needs and nobody delivered: all of them at once, as rows to deliver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby

import duckdb

from mandje.errors import ExitCode, MandjeError
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse

MODEL = "int_rates_found"
FEED = "exchange_rates"
# A rate serves its own day and so many after it.
DAYS_SERVED = 7
_SHOWN = 12
_MISSING = """
    SELECT needed.currency_code, needed.rate_date
    FROM intermediate.int_rates_needed AS needed
    LEFT JOIN intermediate.int_exchange_rates_spread AS rates
        ON needed.rate_date = rates.calendar_date AND needed.currency_code = rates.from_currency
            AND rates.to_currency = $reporting
    WHERE needed.currency_code <> $reporting AND rates.rate IS NULL
    ORDER BY ALL
"""
_NEWEST = """
    SELECT from_currency, max(rate_date) FROM staging.stg_exchange_rates
    WHERE to_currency = $reporting GROUP BY ALL
"""


def missing_rates(shop: Shop, as_of_date: date, said: str) -> MandjeError:
    """The error that names every day and currency without a rate; `said` is the model's word of the first."""
    try:
        missing, newest = _looked_up(shop)
    except (MandjeError, duckdb.Error):  # the models stand elsewhere, where another engine builds them
        missing, newest = [], {}
    pairs = {code: [day for _, day in days] for code, days in groupby(missing, key=lambda one: one[0])}
    return MandjeError(
        f"no exchange rate for {_counted(pairs)}" if pairs else _first(said),
        file=f"exports/{_source(shop) or FEED}",
        found="; ".join(_delivered(code, newest.get(code)) for code in pairs) or None,
        expected=f"a rate of each such day, or of the {DAYS_SERVED} days before it",
        next_step=_next_step(shop, as_of_date, pairs),
        exit_code=ExitCode.NIGHT_STOPPED,
    )


def _looked_up(shop: Shop) -> tuple[list[tuple[str, date]], dict[str, date]]:
    """Currency and day of each rate that is missing, in order; the newest day delivered of each currency."""
    reporting = {"reporting": shop.settings.reporting_currency}
    with open_warehouse(shop, read_only=True) as connection:
        missing = connection.execute(_MISSING, reporting).fetchall()
        return missing, dict(connection.execute(_NEWEST, reporting).fetchall())


def _counted(pairs: dict[str, list[date]]) -> str:
    told = (f"{code} on {_days(days)}" for code, days in pairs.items())
    return "money of " + "; ".join(told)


def _days(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{len(days)} days from {days[0]} to {days[-1]}"


def _delivered(code: str, newest: date | None) -> str:
    return f"the newest rate of {code} is of {newest}" if newest else f"no rate of {code} at all"


def _first(said: str) -> str:
    """The model's own words, without the engine's around them."""
    start = said.find("no exchange rate")
    return said[max(start, 0) :].split("\n", 1)[0]


def _next_step(shop: Shop, as_of_date: date, pairs: dict[str, list[date]]) -> str:
    source = _source(shop)
    place = f"exports/{source or FEED}/{as_of_date}/, in a file of its own such as missing_rates.csv,"
    rows = [
        f"{day},{code},{shop.settings.reporting_currency},<rate>"
        for code, days in pairs.items()
        for day in _enough(days)
    ]
    more = f" and {len(rows) - _SHOWN} more rows like them" if len(rows) > _SHOWN else ""
    listed = f": rate_date,from_currency,to_currency,rate | {' | '.join(rows[:_SHOWN])}{more}" if rows else ""
    first = "" if source else f'add [sources.{FEED}] with adapter = "canonical" to shop.toml; '
    again = "then run the night again, nothing is published before"
    return f"{first}deliver into {place} the rates{listed}; {again}"


def _enough(days: Sequence[date]) -> Iterator[date]:
    """The fewest days whose rates serve all of these."""
    served = date.min
    for day in days:
        if day > served:
            yield day
            served = day + timedelta(DAYS_SERVED)


def _source(shop: Shop) -> str | None:
    """The source that holds rates; it is named like its feed unless shop.toml says otherwise."""
    sources = shop.settings.sources.items()
    return next((name for name, one in sources if FEED in {name, one.feed}), None)
