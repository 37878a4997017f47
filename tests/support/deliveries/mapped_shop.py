"""A shop of one source that a mapping explains, with its deliveries read and loaded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.load import load
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop

DAY = date(2026, 3, 8)
SHOP_TOML = """
name = "mapped"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.nl = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.erp = { adapter = "mapping:erp" }
"""


def mapped_shop(folder: Path, mapping: str, shop_toml: str = SHOP_TOML) -> Shop:
    """A shop with `mappings/erp.toml`."""
    (folder / "mappings").mkdir(parents=True, exist_ok=True)
    (folder / "mappings" / "erp.toml").write_text(mapping, encoding="utf-8")
    (folder / "shop.toml").write_text(shop_toml, encoding="utf-8")
    return load_shop(folder)


def loaded(shop: Shop, files: dict[str, str | bytes], day: date = DAY) -> Shop:
    """The shop after it read these files; its sums agree."""
    folder = shop.exports / "erp" / str(day)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    validate(shop, day)
    load(shop, day)
    assert recount(shop).is_empty()
    return shop


def rows_of(shop: Shop, feed: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows of a feed as they were loaded, amounts without zeros behind the cent, in order."""
    paths = sorted(shop.raw.rglob(f"{feed}.parquet"))
    frame = pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in paths]).select(columns)
    return sorted(tuple(map(_short, row)) for row in frame.rows())


def destinations(shop: Shop) -> dict[tuple[str, str], tuple[int, str]]:
    """Rows and money by table and destination."""
    found = accounts(shop).destinations.select("table_name", "destination", "row_count", "money_amount")
    return {(row[0], row[1]): (row[2], str(_short(row[3]))) for row in found.rows()}


def rejected(shop: Shop) -> list[tuple[str, str | None, str, str]]:
    """Table, column, rule and reason of each rejected row."""
    found = rejected_rows(shop).select("table_name", "column_name", "rule", "reason")
    return sorted(found.rows(), key=str)


def _short(value: Any) -> Any:
    return str(value).removesuffix("00") if isinstance(value, Decimal) else value
