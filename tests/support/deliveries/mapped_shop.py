"""A shop of one source that a mapping explains, with its deliveries read and loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from mandje.adapters import adapter_for
from mandje.ingest.accounts.batch_balance import check_balance
from mandje.ingest.accounts.batch_totals import batch_totals
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.document_money import told_by_documents
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.batches import files_by_table
from mandje.ingest.exports.deliveries import Delivery, DeliveryFile
from mandje.ingest.load import load
from mandje.ingest.parse import RowContext
from mandje.ingest.read.parsed import READ_SCHEMA, FileFault
from mandje.ingest.read.unpacked import Unpacked
from mandje.ingest.rules.refused_documents import refuse_documents
from mandje.ingest.table_chunks import table_chunks
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


@dataclass(frozen=True)
class Tried:
    """What a mapping made of some files, without a night: feeds, accounts, and rejected rows."""

    feeds: Mapping[str, pl.DataFrame]
    accounts: pl.DataFrame
    rejected: list[tuple[str, str | None, str, str]]
    faults: tuple[FileFault, ...]
    noted: pl.DataFrame

    def rows(self, feed: str, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of a feed, amounts without zeros behind the cent, in order."""
        return sorted(tuple(map(_short, row)) for row in self.feeds[feed].select(columns).rows())

    def destinations(self) -> dict[tuple[str, str], tuple[int, str]]:
        """Rows and money by table and destination, rejected ones too."""
        found = self.accounts.group_by("table_name", "destination").agg(
            pl.col("row_count", "money_amount").sum()
        )
        out = Counter((table, f"rejected:{rule}") for table, _, rule, _ in self.rejected)
        return {row[:2]: (row[2], str(_short(row[3]))) for row in found.rows()} | {
            place: (count, "0.00") for place, count in out.items()
        }


def tried(folder: Path, mapping: str, files: Mapping[str, str | bytes], shop_toml: str = SHOP_TOML) -> Tried:
    """Files read by a mapping as a night reads them together; the sums agree."""
    adapter = adapter_for("erp", mapped_shop(folder, mapping, shop_toml).settings)
    found = []
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        file = DeliveryFile(name, 1, "0" * 64)
        found.append(Delivery("erp", DAY, folder, (file,), "0" * 64))
    by_kind, faults = files_by_table(found, adapter)
    context = RowContext(email_key=b"k" * 32, time_zone=ZoneInfo("Europe/Amsterdam"))
    parts = list(table_chunks(by_kind, adapter, context, Unpacked(2**30)))
    faults += [part for part in parts if isinstance(part, FileFault)]
    read = [one for part in parts if not isinstance(part, FileFault) for one in part.items()]
    rows = {
        name: pl.concat(
            [pl.DataFrame(schema=table.polars_schema()), *(one.rows for of, one in read if of == name)]
        )
        for name, table in adapter.tables.items()
    }
    rows, untied = refuse_documents(rows, adapter.refused(rows), adapter.tables)
    mapped = adapter.map(rows)
    rejected_rows = pl.concat([untied, *(one.rejected for _, one in read)])
    all_read = pl.concat([one.read for _, one in read]) if read else pl.DataFrame(schema=READ_SCHEMA)
    silent = told_by_documents(all_read, rejected_rows, mapped, adapter.tables)
    totals = batch_totals(pl.concat([all_read, silent]), rejected_rows, mapped.noted, mapped)
    check_balance("erp", totals, adapter.tables)
    told = rejected_rows.select("table_name", "column_name", "rule", "reason").rows()
    noted = pl.concat([mapped.noted, *(one.noted for _, one in read)])
    return Tried(mapped.feeds, mapped.routed, sorted(told, key=str), tuple(faults), noted)


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
