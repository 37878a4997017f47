"""Every row and every cent has one place, and a second computation finds it there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from mandje.adapters import adapter_for
from mandje.adapters.base import Adapter, FlatAdapter, Mapped
from mandje.contracts.types import Table
from mandje.errors import MandjeError
from mandje.ingest import reader, validate
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.due import plan
from mandje.ingest.parse import RowContext
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.prepare import prepare_exports
from mandje.shop.settings import Shop, load_shop
from repository import DATA
from store_support import SHOP_TOML, adjustments, drop, lines, make_shop, night, stopped_night

DAY = date(2025, 1, 6)
SAMPLES = DATA


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """30 lines worth 6.90, of which 3 rejected ones worth −3.60; 5 adjustments worth −1.25; one refused."""
    shop = make_shop(tmp_path)
    drop(shop, "order_lines", DAY, lines(10, 3, label="o"))
    drop(shop, "order_lines", "2025-01-07", lines(20, label="x"))
    drop(shop, "adjustments", DAY, adjustments(DAY, 5))
    drop(shop, "adjustments", "2025-01-07", b"")
    night(shop)
    return shop


def by_destination(shop: Shop) -> dict[str, tuple[int, Decimal]]:
    rows = accounts(shop).destinations.select("destination", "row_count", "money_amount").iter_rows()
    return {destination: (count, money) for destination, count, money in rows}


def test_rows_and_money_of_every_destination(shop: Shop) -> None:
    books = accounts(shop)
    assert books.delivered.select("source", "row_count", "money_amount").rows() == [
        ("adjustments", 5, Decimal("-6.2500")),
        ("order_lines", 30, 27 * Decimal("6.90") - 3 * Decimal("3.60")),
    ]
    assert by_destination(shop) == {
        "adjustments:discount": (3, Decimal("-3.7500")),
        "adjustments:shop_cost": (2, Decimal("-2.5000")),
        "order_lines": (27, Decimal("186.3000")),
        "rejected:range": (3, Decimal("-10.8000")),
    }
    assert books.differences.is_empty()
    assert [refusal.source for refusal in books.refusals] == ["adjustments"]


def test_the_ledger_says_what_the_delivery_decides(shop: Shop) -> None:
    ledger = current_partitions(shop)[1].ledger
    assert (ledger["source"], ledger["delivery_date"], ledger["status"]) == (
        "order_lines",
        "2025-01-06",
        "accepted",
    )
    assert [file["name"] for file in ledger["files"]] == ["order_lines.csv"]
    assert ledger["read"] == [{"table": "order_lines", "currency": "EUR", "rows": 10, "money": "37.5000"}]
    assert ledger["destinations"] == [
        {
            "table": "order_lines",
            "destination": "order_lines",
            "currency": "EUR",
            "rows": 7,
            "money": "48.3000",
        },
        {
            "table": "order_lines",
            "destination": "rejected:range",
            "currency": "EUR",
            "rows": 3,
            "money": "-10.8000",
        },
    ]
    assert ledger["feeds"] == [{"feed": "order_lines", "rows": 7}]


def test_a_recount_of_the_raw_files_agrees(shop: Shop) -> None:
    assert recount(shop).is_empty()


@pytest.mark.parametrize(
    "fault",
    [
        pl.all().slice(1),  # a row is lost
        pl.when(pl.int_range(pl.len()) == 0)
        .then(0)
        .otherwise("quantity")
        .cast(pl.Decimal(18, 4))
        .alias("quantity"),
    ],
)
def test_a_recount_finds_a_lost_row_and_a_lost_cent(shop: Shop, fault: pl.Expr) -> None:
    path = paths_by_feed(current_partitions(shop))["order_lines"][0]
    rows = pl.read_parquet(path)
    spoilt = rows.select(fault) if rows.select(fault).width == rows.width else rows.with_columns(fault)
    spoilt.write_parquet(path)
    assert recount(shop)["place"].to_list()


@dataclass(frozen=True)
class Careless(FlatAdapter):
    """A canonical adapter whose rows are spoilt after they were counted."""

    sound: Adapter
    spoil: Callable[[pl.DataFrame], pl.DataFrame]
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.sound.tables

    @property
    def feeds(self) -> tuple[str, ...]:
        return self.sound.feeds

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        mapped = self.sound.map(tables)
        spoilt = {name: self.spoil(rows) for name, rows in mapped.feeds.items()}
        return Mapped(spoilt, mapped.accounts, mapped.derived)


DEARER = (pl.col("unit_price_amount") + 1).cast(pl.Decimal(18, 4))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows.slice(1),
        lambda rows: pl.concat([rows, rows.head(1)]),
        lambda rows: rows.with_columns(DEARER),
        lambda rows: rows.with_columns(pl.lit(date(2025, 1, 7)).alias("delivery_date")),
    ],
    ids=["lost", "doubled", "dearer", "of another day"],
)
def test_an_adapter_that_loses_or_invents_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    shop = make_shop(tmp_path, SHOP_TOML.split("[sources.adjustments]")[0])
    drop(shop, "order_lines", DAY, lines(5))
    monkeypatch.setattr(plan, "adapter_for", lambda *given: Careless(adapter_for(*given), spoil))
    with pytest.raises(MandjeError, match="accounts of delivery order_lines 2025-01-06 do not add up"):
        night(shop)
    assert not current_partitions(shop)


def test_an_adapter_that_gives_another_shape_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop(tmp_path, SHOP_TOML.split("[sources.adjustments]")[0])
    drop(shop, "order_lines", DAY, lines(5))
    careless = lambda *given: Careless(adapter_for(*given), lambda rows: rows.drop("quantity"))  # noqa: E731
    monkeypatch.setattr(plan, "adapter_for", careless)
    with pytest.raises(MandjeError, match="shape of their feed"):
        night(shop)


def test_a_big_delivery_is_read_in_chunks_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, streamed = make_shop(tmp_path / "whole"), make_shop(tmp_path / "streamed")
    for shop in (whole, streamed):
        drop(shop, "order_lines", DAY, lines(3000, 40), name="a.csv")
        drop(shop, "order_lines", DAY, lines(2000, 3, label="b"), name="b.csv")
    night(whole)
    monkeypatch.setattr(reader, "BATCH_BYTES", 1000)
    monkeypatch.setattr(validate, "RowContext", partial(RowContext, chunk_rows=500))
    night(streamed)
    ((one,), (other,)) = (current_partitions(shop) for shop in (whole, streamed))
    assert one.ledger["destinations"] == other.ledger["destinations"]
    assert (one.feeds, one.rejected_rows) == (other.feeds, other.rejected_rows) == ({"order_lines": 4957}, 43)
    for name in ("order_lines.parquet", "rejected.parquet"):
        assert pl.read_parquet(one.folder / name).equals(pl.read_parquet(other.folder / name))


@pytest.mark.parametrize("broken", [lines(3000, 500), "a,b\n1,2\n", ""], ids=["rows", "header", "0 bytes"])
def test_a_big_delivery_is_refused_like_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    refusals = []
    for name in ("whole", "streamed"):
        shop = make_shop(tmp_path / name)
        drop(shop, "order_lines", DAY, lines(300, label="a"), name="a.csv")
        drop(shop, "order_lines", DAY, broken, name="b.csv")
        assert stopped_night(shop)
        assert current_partitions(shop) == []
        (folder,) = (shop.quarantine / "order_lines" / DAY.isoformat()).iterdir()
        assert not (folder / "order_lines.parquet").exists()
        assert (folder / "rejected.parquet").exists() == ("o7," in broken)
        refusals += refused_deliveries(shop)
        monkeypatch.setattr(reader, "BATCH_BYTES", 1000)
    assert refusals[0] == refusals[1]


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("online_retail")
    shutil.copy(SAMPLES / "online_retail" / "shop.toml", folder)
    shutil.copytree(SAMPLES / "online_retail" / "source", folder / "source")
    shop = load_shop(folder)
    prepare_exports(shop, None)
    night(shop, date(2011, 12, 9))
    return shop


def test_online_retail_adds_up_to_the_cent(online_retail: Shop) -> None:
    books = accounts(online_retail)
    assert books.deliveries == 305
    assert books.delivered.select("row_count", "money_amount").rows() == [(541_909, Decimal("9747747.9340"))]
    assert books.destinations["row_count"].sum() == 541_909
    assert books.destinations["money_amount"].sum() == Decimal("9747747.9340")
    assert books.differences.is_empty()
    assert not books.refusals


def test_online_retail_recounted_from_its_files_agrees(online_retail: Shop) -> None:
    assert recount(online_retail).is_empty()


def test_online_retail_orders_in_raw(online_retail: Shop) -> None:
    orders = pl.concat(
        pl.read_parquet(path) for path in paths_by_feed(current_partitions(online_retail))["orders"]
    )
    assert orders.height == 19_959
    assert orders["total_amount"].sum() == Decimal("10655622.4840")
