"""The one screen at the end: what the nights did, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from mandje.cli.screens.forecasts import fitted, forecast_lines
from mandje.cli.screens.last_week import last_week
from mandje.cli.screens.next_days import hanging_lines, next_days_lines
from mandje.cli.screens.terminal import near, typed
from mandje.cli.screens.truth_lines import truth_lines
from mandje.cli.screens.warning_lines import screen_lines
from mandje.ingest.rules.refusals import OTHERS_FILE, Refusal, newest_first
from mandje.ingest.store.quarantine import mended_deliveries
from mandje.night.reconciliation import Reconciliation, reconciliation
from mandje.observe.records.nights import Record, last_record
from mandje.predict.inputs.minimum_data import HISTORY_DAYS_FOR_A_YEAR, HISTORY_DAYS_OF_SHARES
from mandje.predict.models.recent_shares import RECENT_SHARES
from mandje.publish.contents import PAGE
from mandje.publish.published_folder import current_snapshot
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop

WIDTH = 18
SHOWN = 10
_SALES = """
    select sum(order_count), sum(net_sales_amount), sum(returned_amount), sum(gross_sales_amount),
        min(kpi_date), max(kpi_date)
    from marts.daily_kpis where site = '(all)'
"""
_PEOPLE = """
    select count(*) filter (person_kind = 'customer'), count(*) filter (person_kind <> 'customer')
    from marts.customers where order_count > 0
"""

_LEFT_OUT = """
    select exclusion_reason, sum(event_count),
        (select coalesce(sum(event_count), 0) from marts.sessions) + sum(sum(event_count)) over ()
    from marts.excluded_traffic group by all order by all
"""


def closing_screen(shop: Shop, dates: Sequence[date]) -> str:
    """Nights, rows, money, sales, customers, visits, what is expected or was refused, where things are."""
    books = reconciliation(shop)
    lines = [
        ("", f"── {shop.settings.name} " + "─" * 60),
        ("nights run", ", ".join(map(str, dates)) or "none: nothing was due"),
        *_rows(books),
        *_money(shop, books),
        *_sales(shop),
        *_future(shop),
        *forecast_lines(shop),
        *_titled("beside the truth", truth_lines(shop, books)),
        *screen_lines(shop, min(dates, default=None)),
        *_refused(shop, books),
        *_places(shop),
    ]
    return "\n".join(f"{title:{WIDTH}}{text}".rstrip() for title, text in lines)


def _rows(books: Reconciliation) -> Iterator[tuple[str, str]]:
    kind = pl.col("destination").str.extract(r"^(skipped|rejected)").fill_null("loaded")
    sums = dict(books.accounts.destinations.group_by(kind).agg(pl.col("row_count").sum()).iter_rows())
    read = books.accounts.delivered["row_count"].sum()
    parts = ", ".join(f"{sums.get(name, 0):,} {name}" for name in ("loaded", "skipped", "rejected"))
    yield "rows", f"{read:,} delivered in {books.accounts.deliveries:,} deliveries: {parts}"
    derived = books.accounts.derived["row_count"]
    made, merged = derived.filter(derived > 0).sum(), -derived.filter(derived < 0).sum()
    ended = books.outcomes.group_by("outcome").agg(pl.col("row_count").sum()).sort("outcome")
    outcomes = ", ".join(f"{rows:,} {_words(name)}" for name, rows in ended.iter_rows())
    added_up = f", {merged:,} added up with others" if merged else ""
    derived_rows = f"{made:,} derived from them (orders from lines, events by product){added_up}"
    yield "", f"{derived_rows}; of all these: {outcomes}"


def _money(shop: Shop, books: Reconciliation) -> Iterator[tuple[str, str]]:
    """Whether it ties. No sum of all feeds: headers and their lines are the same money."""
    where = f"`mandje reconcile {typed(shop.folder)}`"
    if books.is_equal:
        yield "money", f"every delivered cent has one destination, difference 0; by feed: {where}"
        return
    yield "money", f"NOT TIED, {where} shows where:"
    yield from (("", fault) for fault in books.faults())


def _sales(shop: Shop) -> Iterator[tuple[str, str]]:
    if current_snapshot(shop) is None:
        yield "published", "nothing yet: `mandje publish SHOP --check` says why"
        return
    yield from _ordered(shop)
    yield from last_week(shop)
    yield from _left_out(shop)
    restated = query_snapshot(shop, "select count(distinct kpi_date) from marts.restatements").item()
    yield "restated days", f"{restated:,} since the last snapshot of an earlier day (`marts.restatements`)"


def _ordered(shop: Shop) -> Iterator[tuple[str, str]]:
    """Empty figures are not known: no order, or no line of one, was ever delivered."""
    orders, net, returned, gross, first, last = query_snapshot(shop, _SALES).row(0)
    if orders is None:
        yield "orders", "unknown: no order was ever delivered"
        return
    known, guests = query_snapshot(shop, _PEOPLE).row(0)
    currency = shop.settings.reporting_currency
    yield "orders", f"{orders:,} that count, {first} to {last}"
    sold = f"{_amount(net)} {currency} of {_amount(gross)} gross"
    yield "net sales", "unknown: no line of an order was ever delivered" if gross is None else sold
    came_back = f"{_amount(returned)} {currency}, on the day they came back"
    yield "returns", "unknown: no return was ever delivered" if returned is None else came_back
    yield "customers", f"{known:,} known, {guests:,} guests"


def _left_out(shop: Shop) -> Iterator[tuple[str, str]]:
    reasons = query_snapshot(shop, _LEFT_OUT).rows()
    if reasons:
        share = sum(events for _, events, _ in reasons) / reasons[0][2]
        told = ", ".join(f"{events:,} {_words(reason)}" for reason, events, _ in reasons)
        yield "left out", f"{100 * share:.1f} % of all events: {told}"


def _future(shop: Shop) -> Iterator[tuple[str, str]]:
    record = last_record(shop, "predict")
    if record is None:
        return
    fit = record["result"]
    if fit["customers"] == 0:  # a shop without orders, or with none that can be told whose they are
        return
    if fit["order_form"] is None:
        yield "next year", f"no number: {fit['explanation'] or fit['reason']}"
        return
    currency = shop.settings.reporting_currency
    value = fit["expected_value_365d_amount"]
    shares = fit["order_form"] == RECENT_SHARES
    days = HISTORY_DAYS_FOR_A_YEAR + (HISTORY_DAYS_OF_SHARES if shares else 0)
    too_short = f"{days} days of history are needed, there are {fit['history_days']}"
    why = too_short if shares else fit["explanation"] or too_short
    earned = f"{_amount(value)} {currency} expected from them, after costs and discounted"
    yield from next_days_lines(fit, currency)
    yield "next year", earned if value is not None else f"no number: {why}"
    yield from (("", line) for line in hanging_lines(fit, currency))
    yield "at risk", _at_risk(fit, currency)
    yield "how", fitted(fit)


def _at_risk(fit: Record, currency: str) -> str:
    if fit["customers_at_risk"] is None:
        return "no number"
    value = _amount(fit["value_at_risk_amount"])
    return f"{fit['customers_at_risk']:,} customers, with {value} {currency} of their value"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _titled(title: str, lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    yield from (("" if number else title, line) for number, line in enumerate(lines))


def _refused(shop: Shop, books: Reconciliation) -> Iterator[tuple[str, str]]:
    refusals = books.accounts.refusals
    yield "refused", f"{len(refusals)} deliveries" if refusals else "no delivery"
    yield from (("", _refusal(refusal)) for refusal in newest_first(refusals)[:SHOWN])
    if len(refusals) > SHOWN:
        yield "", f"and {len(refusals) - SHOWN} more"
    if mended := mended_deliveries(shop):
        yield "", f"{mended} delivered again since, and loaded"
    destination = pl.col("destination")
    rejected = books.accounts.destinations.filter(destination.str.starts_with("rejected:"))
    for rule, rows in (
        rejected.group_by(destination.str.strip_prefix("rejected:"))
        .agg(pl.col("row_count").sum())
        .sort("destination")
        .iter_rows()
    ):
        yield "", f"{rows:,} rows by rule {rule}"


def _refusal(refusal: Refusal) -> str:
    place = refusal.file or f"exports/{refusal.source}/{refusal.delivery_date}"
    what = refusal.message.split(":")[0]
    what_to_do = f"; {refusal.next_step}" if refusal.reason in OTHERS_FILE else ""
    return f"{place}: {what}{what_to_do}"


def _places(shop: Shop) -> Iterator[tuple[str, str]]:
    current = shop.published / "current"
    yield "report", f"{near(shop.published / PAGE)}: what changed, and is it whole"
    yield "snapshot", f"{near(current / 'mandje.duckdb')} ({_target(current)})"
    yield "Parquet", near(current / "parquet")
    yield "quarantine", f"{near(shop.quarantine)}; why: `mandje rejects {typed(shop.folder)}`"
    yield "Airflow page", f"`make up SHOP={_made(shop)}` starts it and prints its address"


def _made(shop: Shop) -> str:
    """As `make` names it: what lies under data/ by its name, any other by its path."""
    return shop.folder.name if shop.folder.parent.name == "data" else typed(shop.folder)


def _target(link: Path) -> str:
    return link.resolve().name if link.exists() else "nothing published"


def _amount(value: Any) -> str:  # noqa: ANN401  a decimal, or its text from a record
    return "0.00" if value is None else f"{Decimal(str(value)):,.2f}"
