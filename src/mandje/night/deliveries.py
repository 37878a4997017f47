"""Is the data whole? Each delivery that came, was refused or should have come; and each source."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from mandje.ingest.due.delivery_schedule import feeds_of_sources, is_missing, lacking_days
from mandje.ingest.store.partitions import Current, current_states
from mandje.night.unmake_log import read_unmake_log
from mandje.observe.records.nights import nights, read_record
from mandje.shop.settings import Shop

_DELIVERIES = {
    "source": pl.String(),
    "delivery_date": pl.Date(),
    "state": pl.String(),
    "row_count": pl.Int64(),
    "feeds": pl.String(),
    "night_date": pl.Date(),
}
_SOURCES = {
    "source": pl.String(),
    "adapter": pl.String(),
    "feeds": pl.String(),
    "expected": pl.String(),
    "first_delivery_date": pl.Date(),
    "last_delivery_date": pl.Date(),
    "loaded_count": pl.Int64(),
    "refused_count": pl.Int64(),
    "missing_count": pl.Int64(),
    "row_count": pl.Int64(),
}
_Row = tuple[str, date, str, int | None, str, date | None]


def delivery_tables(shop: Shop) -> dict[str, pl.DataFrame]:
    """`deliveries`, a row per source and delivery date, and `sources`, a row per source of shop.toml."""
    first_met = _FirstMet(shop)
    feeds = {source: ", ".join(made) for source, made in feeds_of_sources(shop).items()}
    rows = [
        row
        for source, days in current_states(shop).items()
        for row in _rows(shop, source, feeds[source], days, first_met)
    ]
    deliveries = pl.DataFrame(rows, schema=_DELIVERIES, orient="row").sort("source", "delivery_date")
    return {"deliveries": deliveries, "sources": _sources(shop, feeds, deliveries)}


class _FirstMet:
    """Which night met a delivery first: the one of its day or the next, or a later one where it came late."""

    def __init__(self, shop: Shop) -> None:
        self.nights = [night for night in nights(shop) if read_record(shop, night, "load")]
        self._late: dict[str, date] = {}
        for night in reversed(self.nights):
            log = read_unmake_log(shop, night)
            self._late |= dict.fromkeys(log.late if log else (), night)

    def __call__(self, source: str, day: date) -> date | None:
        """None where no such night is known."""
        place = bisect_left(self.nights, day)
        on_time = self.nights[place] if place < len(self.nights) else None
        return self._late.get(f"{source}/{day}", on_time)


def _rows(
    shop: Shop, source: str, feeds: str, days: Mapping[date, Current], first_met: _FirstMet
) -> Iterator[_Row]:
    for day, current in days.items():
        is_loaded = current.status == "accepted"
        rows = sum(current.feeds.values()) if is_loaded else None
        yield source, day, "loaded" if is_loaded else "refused", rows, feeds, first_met(source, day)
    if first_met.nights:
        for day in _missing(shop, source, days, first_met.nights[-1]):
            yield source, day, "missing", None, feeds, first_met(source, day)


def _missing(shop: Shop, source: str, days: Mapping[date, Current], as_of_date: date) -> set[date]:
    """Days that an expected delivery should tell of, and none tells of; refused ones are told as such."""
    settings = shop.settings.sources[source]
    loaded = [day for day, current in days.items() if current.status == "accepted"]
    owed = {as_of_date} if is_missing(settings, days, as_of_date) else set()
    return {*lacking_days(settings, loaded, as_of_date), *owed} - days.keys()


def _sources(shop: Shop, feeds: Mapping[str, str], deliveries: pl.DataFrame) -> pl.DataFrame:
    named = [
        (source, settings.adapter, feeds[source], settings.expected)
        for source, settings in sorted(shop.settings.sources.items())
    ]
    came = pl.col("delivery_date").filter(pl.col("state") == "loaded")
    counts = deliveries.group_by("source").agg(
        came.min().alias("first_delivery_date"),
        came.max().alias("last_delivery_date"),
        *(
            (pl.col("state") == state).sum().cast(pl.Int64).alias(f"{state}_count")
            for state in ("loaded", "refused", "missing")
        ),
        pl.col("row_count").sum(),
    )
    told = pl.DataFrame(named, schema=list(_SOURCES)[:4], orient="row").join(counts, "source", how="left")
    return told.with_columns(pl.col("^.*_count$").fill_null(0)).select(list(_SOURCES))
