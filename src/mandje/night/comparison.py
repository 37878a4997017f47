"""Tonight's build beside the snapshot before and its own past: what a person must look at first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta

import duckdb

from mandje.findings.holds import Hold
from mandje.ingest.due.delivery_schedule import accounted_for, missing_deliveries
from mandje.ingest.store.partitions import partitions_until
from mandje.observe.gate_checks.collapses import Comparison
from mandje.observe.gate_checks.day_figures import ONE_YEAR, WEEKS, compare_days, untracked_before
from mandje.observe.gate_checks.silence import LOOK_BACK, compare_feeds
from mandje.observe.gate_checks.snapshot_figures import compare_snapshot
from mandje.observe.gate_checks.untied_orders import compare_totals
from mandje.publish.contents import DATABASE
from mandje.publish.published_folder import Snapshot, snapshots
from mandje.publish.tables import public_tables
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse

ONE_DAY = timedelta(days=1)


def compare_night(shop: Shop, as_of_date: date) -> Comparison:
    """Compare the working database, built to its end, as it stands at `as_of_date`.

    Beside the snapshot of the latest earlier as-of date, and every day after it beside its own weekdays: so a
    night run twice, an older night run again and the night after a held one come to the same.
    """
    before = _snapshot_before(shop, as_of_date)
    since = before.as_of_date if before else as_of_date - ONE_DAY
    first = min(since - 7 * WEEKS * ONE_DAY, as_of_date - LOOK_BACK)
    first = first if before else min(first, as_of_date - ONE_YEAR - 7 * WEEKS * ONE_DAY)
    known = accounted_for(shop, first, as_of_date)
    silent, ended = _silent_feeds(shop, known, before.as_of_date if before else None, as_of_date)
    with open_warehouse(shop, read_only=True) as con:
        low, told = compare_days(con, since, as_of_date, known)
        told += [] if before else untracked_before(con, as_of_date, known)
        lost = compare_snapshot(con, before.path / DATABASE, since, _state_tables(con)) if before else []
        untied = compare_totals(con, before.path / DATABASE if before else None, shop.settings.totals)
    return Comparison(
        as_of_date=as_of_date,
        compared_with=before.name if before else None,
        holds=(*lost, *low, *silent, *untied),
        told=(*_missing(shop, as_of_date), *told, *ended),
    )


def _snapshot_before(shop: Shop, as_of_date: date) -> Snapshot | None:
    earlier = [one for one in snapshots(shop) if one.as_of_date < as_of_date]
    return earlier[-1] if earlier else None


def _state_tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {f"{table.schema}.{table.name}" for table in public_tables(con) if table.is_state}


def _silent_feeds(
    shop: Shop, known: Collection[tuple[str, date]], since: date | None, as_of_date: date
) -> tuple[list[Hold], list[str]]:
    rows: dict[str, Counter[date]] = {}
    for one in partitions_until(shop, as_of_date):
        for feed, count in one.feeds.items():
            rows.setdefault(feed, Counter())[one.delivery_date] += count
    return compare_feeds(rows, lambda feed, day: (feed, day) not in known, since, as_of_date)


def _missing(shop: Shop, as_of_date: date) -> list[str]:
    """Deliveries of the night's own day that it went on without."""
    return sorted(
        {
            f"missing:{one.source}: {one.source} of {one.delivery_date} is not loaded, though it is expected"
            for one in missing_deliveries(shop, as_of_date)
            if one.delivery_date == as_of_date
        }
    )
