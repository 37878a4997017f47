"""Files of a platform through validation and load, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.load import load
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop

Json = dict[str, Any]
DAY = date(2026, 5, 9)
_SHOP = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.platform = { on_refused = "go_on", %s }
"""


def lines_of(documents: Sequence[Json]) -> str:
    """JSON lines, as a file holds them."""
    return "".join(json.dumps(document) + "\n" for document in documents)


@dataclass(frozen=True)
class PlatformShop:
    """A shop whose only source is a platform's; `options` are those of the source, as TOML."""

    folder: Path
    options: str

    @property
    def shop(self) -> Shop:
        return load_shop(self.folder)

    def deliver(self, files: Mapping[str, str], day: date = DAY) -> PlatformShop:
        """Write files into a delivery, and load it."""
        folder = self.folder / "exports" / "platform" / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "shop.toml").write_text(_SHOP % self.options, encoding="utf-8")
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        validate(self.shop, day)
        load(self.shop, day)
        return self

    def destinations(self) -> list[tuple[str, str, int, Decimal]]:
        """Table, destination, rows and money, once all sums agree."""
        found = accounts(self.shop)
        assert found.differences.is_empty()
        assert found.refusals == ()
        assert recount(self.shop).is_empty()
        columns = ("table_name", "destination", "row_count", "money_amount")
        return sorted(found.destinations.select(columns).rows())

    def rows(self, feed: str, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of a feed, in the order of these columns."""
        paths = paths_by_feed(current_partitions(self.shop)).get(feed, [])
        found = pl.concat([pl.read_parquet(path) for path in paths]).select(columns)
        return found.sort(columns, nulls_last=True).rows()

    def rejected(self) -> list[tuple[str, str, str]]:
        """Table, rule and reason of rejected rows."""
        return sorted(rejected_rows(self.shop).select("table_name", "rule", "reason").rows())

    def refusals(self) -> str:
        """What refused deliveries are told of, as text."""
        return " ".join(str(one.as_error()) for one in refused_deliveries(self.shop))

    def noted(self, kind: str) -> list[tuple[str, str, int]]:
        """Table, name and rows of what was noted of a kind."""
        entries = [entry for one in current_partitions(self.shop) for entry in one.ledger.get("noted", ())]
        return [(one["table"], one["column"], one["rows"]) for one in entries if one["kind"] == kind]

    def texts(self) -> str:
        """All that was kept of the exports, as text."""
        frames = [pl.read_parquet(path) for path in self.shop.raw.rglob("*.parquet")]
        books = [path.read_text(encoding="utf-8") for path in self.shop.raw.rglob("*.json")]
        return "".join(str(frame.rows()) for frame in frames) + "".join(books)
