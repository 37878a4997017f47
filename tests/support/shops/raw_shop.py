"""A shop whose raw partitions a test writes itself: rows of feeds, as if they had been loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.contracts.types import Column, Table
from mandje.shop.settings import Shop, load_shop

Row = Mapping[str, Any]
FeedRows = Mapping[str, Sequence[Row]]
SHA = "0" * 12

SHOP_TOML = """
name = "raw"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"

[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sites.uk]
time_zone = "Europe/London"
currency = "GBP"

[sources.shop]
adapter = "canonical"
on_refused = "stop"
"""


@dataclass(frozen=True)
class WrittenPartition:
    """What `build` reads of a loaded delivery."""

    folder: Path
    feeds: dict[str, int]
    rejected_rows: int = 0
    rules: str = "tests"

    @property
    def source(self) -> str:
        return self.folder.parts[-3]

    @property
    def delivery_date(self) -> date:
        return date.fromisoformat(self.folder.parts[-2])

    @property
    def sha256(self) -> str:
        return self.folder.name


def make_raw_shop(folder: Path, feeds: FeedRows, settings: str = "") -> tuple[Shop, list[WrittenPartition]]:
    """A shop with these raw rows, a partition per delivery.

    A row names what matters to the test; other columns are null, or where the contract wants a value, an
    ordinary one (site nl, EUR, online, paid, 0, noon of the delivery date). `delivery_source` is `shop`
    and `delivery_date` 2025-01-31 unless a row says otherwise; `delivery_line` counts on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(SHOP_TOML + settings, encoding="utf-8")
    shop = load_shop(folder)
    written: dict[Path, dict[str, int]] = {}
    for feed, rows in feeds.items():
        frame = raw_frame(FEEDS[feed], rows)
        for (source, day), part in frame.group_by("delivery_source", "delivery_date"):
            place = shop.raw / str(source) / str(day) / SHA
            place.mkdir(parents=True, exist_ok=True)
            part.sort("delivery_file", "delivery_line").write_parquet(place / f"{feed}.parquet")
            written.setdefault(place, {})[feed] = part.height
    return shop, [WrittenPartition(place, counts) for place, counts in sorted(written.items())]


def raw_frame(table: Table, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows in the table's raw schema, filled up as `make_raw_shop` says."""
    filled = [_filled(table, row, line) for line, row in enumerate(rows, start=2)]
    return pl.DataFrame(filled, schema=table.polars_schema(), orient="row")


def _filled(table: Table, row: Row, line: int) -> dict[str, Any]:
    unknown = set(row) - set(table.polars_schema())
    assert not unknown, f"{table.name} has no {unknown}"
    origin = {
        "delivery_source": "shop",
        "delivery_date": date(2025, 1, 31),
        "delivery_sha256": SHA,
        "delivery_file": f"{table.name}.csv",
        "delivery_line": line,
        "delivery_part": None,
    }
    day = row.get("delivery_date", origin["delivery_date"])
    needed = {group[0] for group in table.one_of if not set(group) & set(row)}
    values = {
        column.name: None if column.nullable and column.name not in needed else _ordinary(column, day)
        for column in table.columns
    }
    return origin | values | dict(row)


def _ordinary(column: Column, day: date) -> object:
    named = {"site": "nl", "currency_code": "EUR", "sales_channel": "online", "status": "paid"}
    if column.name in named:
        return named[column.name]
    of_type = {
        "text": column.allowed[0] if column.allowed else "x",
        "integer": 1,
        "decimal": Decimal(1) if column.minimum_exclusive else Decimal(0),
        "rate": Decimal(1),
        "timestamp": datetime.combine(day, time(12), UTC),
        "date": day,
        "boolean": False,
    }
    return of_type[column.type]
