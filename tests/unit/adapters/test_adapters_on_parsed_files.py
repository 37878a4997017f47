"""The adapters behind the real parser, on files as `mandje prepare` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from mandje.adapters import adapter_for
from mandje.adapters.base import Mapped
from mandje.ingest.parse import RowContext, parse_files
from mandje.ingest.read.parsed import ExportFile, FileFault, Parsed
from mandje.prepare.drop import Drop
from mandje.prepare.online_retail import online_retail_drops
from mandje.prepare.thelook import thelook_drops
from mandje.prepare.write import write_drops
from mandje.shop.settings import Shop

Frames = Mapping[str, Mapping[str, pl.DataFrame]]
DELIVERY = [
    "delivery_source",
    "delivery_date",
    "delivery_sha256",
    "delivery_file",
    "delivery_line",
]
PERSONAL = {
    "users": ("email", "first_name", "last_name", "street_address"),
    "events": ("ip_address",),
}


def parse(shop: Shop, source: str, exports: Path) -> dict[str, pl.DataFrame]:
    """Parsed rows by table; nothing may be refused."""
    adapter = adapter_for(source, shop.settings)
    rules = RowContext(b"0" * 32, ZoneInfo(shop.settings.time_zone))
    days = sorted((exports / source).iterdir())
    frames = {}
    for name, table in adapter.tables.items():
        paths = [path for day in days for path in day.iterdir() if path.name.split(".")[0] == name]
        files = [ExportFile(source, date.fromisoformat(p.parent.name), "0" * 12, p) for p in paths]
        parts = [_accepted(part) for part in parse_files(files, table, rules)]
        frames[name] = pl.concat(part.rows for part in parts)
    return frames


def _accepted(part: Parsed | FileFault) -> Parsed:
    assert isinstance(part, Parsed), part
    assert part.rejected.is_empty(), part.rejected.row(0, named=True)
    return part


def some_days(drop: Drop, every: int) -> Drop:
    days = drop.rows["delivery_date"].unique().sort().gather_every(every)
    return Drop(drop.source, drop.file_name, drop.rows.filter(pl.col("delivery_date").is_in(days.implode())))


def on_one_day(drop: Drop, day: str) -> Drop:
    return Drop(drop.source, drop.file_name, drop.rows.with_columns(delivery_date=pl.lit(day)))


def silent(_step: str, _done: int, _total: int) -> None:
    pass


def test_online_retail_comes_through_the_parser_as_it_is(
    online_retail: Shop, invoice_lines: pl.DataFrame, mapped_invoices: Mapped, tmp_path: Path
) -> None:
    write_drops([some_days(drop, 12) for drop in online_retail_drops(online_retail.source)], tmp_path, silent)
    parsed = parse(online_retail, "invoices", tmp_path)["invoices"]
    of_days = pl.col("delivery_date").is_in(parsed["delivery_date"].unique().implode())
    order = ["delivery_date", "delivery_line"]
    assert parsed.height > 40_000
    assert parsed.sort(order).equals(invoice_lines.filter(of_days).sort(order))
    mapped = adapter_for("invoices", online_retail.settings).map({"invoices": parsed})
    for name, frame in mapped.feeds.items():
        assert frame.sort(DELIVERY).equals(mapped_invoices.feeds[name].filter(of_days).sort(DELIVERY))


@pytest.mark.parametrize("source", ["orders", "events", "users", "products"])
def test_thelook_comes_through_the_parser_as_it_is(
    thelook: Shop, thelook_frames: Frames, tmp_path: Path, source: str
) -> None:
    drops = [some_days(drop, 25) for drop in thelook_drops(thelook.source) if drop.source == source]
    write_drops(drops, tmp_path, silent)
    for name, rows in parse(thelook, source, tmp_path).items():
        of_days = pl.col("delivery_date").is_in(rows["delivery_date"].unique().implode())
        expected = thelook_frames[source][name].filter(of_days)
        columns = [column for column in rows.columns if column != "email"]
        assert rows.height > 100
        assert rows.select(columns).sort(DELIVERY).equals(expected.select(columns).sort(DELIVERY))


@pytest.mark.parametrize("source", ["users", "events"])
def test_no_personal_value_is_left_in_a_feed(thelook: Shop, tmp_path: Path, source: str) -> None:
    drops = [
        on_one_day(drop, "2025-11-28") for drop in thelook_drops(thelook.source) if drop.source == source
    ]
    write_drops(drops, tmp_path, silent)
    mapped = adapter_for(source, thelook.settings).map(parse(thelook, source, tmp_path))
    delivered = pl.read_parquet(thelook.source / f"{source}.parquet")
    personal = pl.concat([delivered[name] for name in PERSONAL[source]]).str.to_lowercase().unique()
    for frame in mapped.feeds.values():
        assert frame.height > 0
        texts = frame.select(pl.col(pl.String).str.to_lowercase())
        assert sum(texts.select(pl.all().is_in(personal.implode()).sum()).row(0)) == 0
        assert sum(texts.select(pl.all().str.contains("@").sum()).row(0)) == 0
    if source == "users":
        hashes = mapped.feeds["customers"]["email_hash"]
        assert hashes.str.contains("^[0-9a-f]{64}$").all()
        assert hashes.n_unique() == delivered["email"].str.to_lowercase().n_unique()
