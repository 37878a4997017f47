"""One source of a shop, loaded from files: what became of its rows, and what stands in its feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.load import load
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.validate import Validation, validate
from mandje.shop.settings import Shop, load_shop

DAY = date(2026, 3, 4)
SOURCE = "source"


@dataclass(frozen=True)
class Loaded:
    """A shop with one source after validation and load."""

    shop: Shop
    validation: Validation

    def feed(self, feed: str, *columns: str) -> list[tuple[object, ...]]:
        """Rows of a feed in the order of these columns; of all its own where none are named."""
        names = list(columns) or list(FEEDS[feed].names)
        paths = paths_by_feed(current_partitions(self.shop)).get(feed, [])
        rows = [pl.read_parquet(path).select(names) for path in paths]
        return pl.concat(rows).sort(names).rows() if rows else []

    def destinations(self) -> dict[tuple[str, str], tuple[int, Decimal]]:
        """Rows and money by table and destination; the raw files must agree."""
        assert recount(self.shop).is_empty()
        found = accounts(self.shop)
        assert found.differences.is_empty()
        sums = found.destinations.group_by("table_name", "destination").agg(
            pl.col("row_count", "money_amount").sum()
        )
        return {(table, place): (rows, money) for table, place, rows, money in sums.iter_rows()}

    def rejected(self) -> list[tuple[object, ...]]:
        """File, rule and reason of rejected rows, each once."""
        rows = rejected_rows(self.shop).select("delivery_file", "rule", "reason")
        return rows.unique(maintain_order=True).rows()

    def refused(self) -> list[tuple[object, object]]:
        """Reason and next step of refused deliveries."""
        return [(one["reason"], one["next_step"]) for one in self.validation.refusals]


def loaded(folder: Path, settings: str, files: Mapping[str, str | bytes], day: date = DAY) -> Loaded:
    """The source `source` of a shop, with these files in one delivery."""
    delivery = folder / "exports" / SOURCE / str(day)
    delivery.mkdir(parents=True)
    for name, content in files.items():
        (delivery / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "shop.toml").write_text(settings, encoding="utf-8")
    shop = load_shop(folder)
    validation = validate(shop, day)
    load(shop, day)
    return Loaded(shop, validation)
