from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.prepare import PRIVATE, has_source, prepare_exports, write
from mandje.prepare.marker import MARKER
from mandje.shop.settings import Shop, load_shop
from repository import DATA

DAYS = 5


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """The first days of Online Retail."""
    (tmp_path / "source").mkdir()
    lines = pl.read_parquet(DATA / "online_retail" / "source" / "online_retail.parquet").head(12_000)
    days = lines["InvoiceDate"].dt.date().unique().sort()
    lines.filter(pl.col("InvoiceDate").dt.date() <= days[DAYS - 1]).write_parquet(
        tmp_path / "source" / "online_retail.parquet"
    )
    shutil.copy(DATA / "online_retail" / "shop.toml", tmp_path)
    return load_shop(tmp_path)


def test_online_retail_is_delivered_by_trading_day_and_nothing_is_lost(tmp_path: Path) -> None:
    shutil.copytree(DATA / "online_retail" / "source", tmp_path / "source")
    shutil.copy(DATA / "online_retail" / "shop.toml", tmp_path)
    shop = load_shop(tmp_path)
    prepared = prepare_exports(shop)
    days = sorted(path.name for path in (shop.exports / "invoices").iterdir())
    assert prepared.delivery_count == prepared.file_count == len(days) == 305
    assert (prepared.first_delivery_date, prepared.last_delivery_date) == ("2010-12-01", "2011-12-09")
    assert (days[0], days[-1]) == ("2010-12-01", "2011-12-09")
    schema = dict.fromkeys(pl.read_parquet_schema(shop.source / "online_retail.parquet"), pl.String)
    text = [
        pl.read_csv(shop.exports / "invoices" / day / "invoices.csv.gz", schema=schema).with_columns(
            day=pl.lit(day)
        )
        for day in days
    ]
    delivered = pl.concat(text)
    source = pl.read_parquet(shop.source / "online_retail.parquet")
    assert delivered.filter(pl.col("InvoiceDate").str.slice(0, 10) != pl.col("day")).is_empty()
    back = delivered.drop("day").select(
        pl.col(name).str.to_datetime(time_unit="us") if kind == pl.Datetime("us") else pl.col(name).cast(kind)
        for name, kind in source.schema.items()
    )
    assert back.equals(source.sort(pl.col("InvoiceDate").dt.date(), maintain_order=True))


def test_the_second_call_writes_nothing(shop: Shop) -> None:
    first = prepare_exports(shop)
    assert first.is_new
    times = {p: p.stat().st_mtime_ns for p in shop.exports.rglob("*")}
    second = prepare_exports(shop)
    assert not second.is_new
    assert "nothing to do" in str(second)
    assert second.delivery_count == first.delivery_count == DAYS
    assert {p: p.stat().st_mtime_ns for p in shop.exports.rglob("*")} == times


def test_bytes_are_the_same_whenever_they_are_made(shop: Shop) -> None:
    prepare_exports(shop)
    before = contents(shop.exports)
    shutil.rmtree(shop.exports)
    prepare_exports(shop)
    assert contents(shop.exports) == before
    name = "invoices/2010-12-01/invoices.csv.gz"
    assert before[name][4:8] == b"\0\0\0\0"  # no time in the gzip header
    assert gzip.decompress(before[name]).startswith(b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate")


def test_what_a_user_changes_afterwards_stays(shop: Shop) -> None:
    prepare_exports(shop)
    changed = shop.exports / "invoices" / "2010-12-01" / "invoices.csv.gz"
    changed.write_bytes(b"broken")
    shutil.rmtree(shop.exports / "invoices" / "2010-12-02")
    prepare_exports(shop)
    assert changed.read_bytes() == b"broken"
    assert not (shop.exports / "invoices" / "2010-12-02").exists()


@pytest.mark.parametrize("renames", range(DAYS + 1))
def test_killed_anywhere_and_called_again_it_ends_the_same(
    shop: Shop, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_exports(shop)
    whole = contents(shop.exports)
    shutil.rmtree(shop.exports)
    rename, done = Path.rename, []

    def dying(path: Path, target: Path) -> Path:
        if len(done) == renames:  # after the last delivery comes the marker
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", dying)
    with pytest.raises(KeyboardInterrupt):
        prepare_exports(shop)
    monkeypatch.undo()
    assert not (shop.exports / MARKER).exists()
    assert prepare_exports(shop).is_new
    assert contents(shop.exports) == whole


def test_a_delivery_with_equal_bytes_is_not_touched_and_another_is_replaced(shop: Shop) -> None:
    prepare_exports(shop)
    whole = contents(shop.exports)
    (shop.exports / MARKER).unlink()
    kept, other = (shop.exports / "invoices" / day for day in ("2010-12-01", "2010-12-02"))
    (other / "invoices.csv.gz").write_bytes(b"half")
    inode = kept.stat().st_ino
    assert prepare_exports(shop).is_new
    assert contents(shop.exports) == whole
    assert kept.stat().st_ino == inode


def test_other_input_is_prepared_anew(shop: Shop) -> None:
    prepare_exports(shop)
    source = shop.source / "online_retail.parquet"
    lines = pl.read_parquet(source)
    lines.with_columns(pl.col("Country").str.to_uppercase()).write_parquet(source)
    assert prepare_exports(shop).is_new
    first = gzip.decompress((shop.exports / "invoices/2010-12-01/invoices.csv.gz").read_bytes())
    assert b"UNITED KINGDOM" in first


def test_nothing_is_seen_before_all_is_written(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    sync = os.sync

    def looking() -> None:
        seen.append(sorted(p.name for p in shop.exports.iterdir()))
        sync()

    monkeypatch.setattr(write.os, "sync", looking)
    prepare_exports(shop)
    assert seen == [[PRIVATE]]
    assert sorted(p.name for p in shop.exports.iterdir()) == [MARKER, "invoices"]


def test_progress_is_told(shop: Shop) -> None:
    steps: list[tuple[str, int, int]] = []
    prepare_exports(shop, lambda *step: steps.append(step))
    assert steps == [("write invoices/invoices.csv.gz", 0, 1), ("put deliveries in place", 1, 1)]


def test_a_shop_without_source_is_told_so(shop: Shop) -> None:
    shutil.rmtree(shop.source)
    assert not has_source(shop)
    with pytest.raises(MandjeError, match="no shipped input"):
        prepare_exports(shop)


def test_a_broken_source_is_one_clear_line(shop: Shop) -> None:
    (shop.source / "online_retail.parquet").write_bytes(b"not Parquet")
    with pytest.raises(MandjeError, match="the shipped input cannot be read"):
        prepare_exports(shop)
    assert not shop.exports.exists()


def test_a_shop_of_another_adapter_cannot_be_prepared(shop: Shop) -> None:
    toml = shop.folder / "shop.toml"
    toml.write_text(toml.read_text().replace('adapter = "online_retail"', 'adapter = "canonical"'))
    assert has_source(shop)
    with pytest.raises(MandjeError, match="no adapter of a sample shop"):
        prepare_exports(load_shop(shop.folder))
