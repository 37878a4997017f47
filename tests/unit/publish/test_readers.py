"""Who reads many Parquet files asks `current.json` once: all of them are then of one snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from hand_built import FIRST_DAY, OPS
from mandje.publish.snapshot import publish
from mandje.shop.settings import Shop


def snapshot_of(published: Path) -> Path:
    """What the documentation tells readers to do."""
    current = json.loads((published / "current.json").read_text())
    return published / current["folder"]


def by_duckdb(orders: Path) -> int:
    rows = duckdb.sql(f"select count(*) from read_parquet('{orders}/*/*.parquet', hive_partitioning = true)")
    return int(rows.fetchall()[0][0])


def by_polars(orders: Path) -> int:
    return pl.read_parquet(orders / "**/*.parquet").height


def by_pandas(orders: Path) -> int:
    return len(pd.read_parquet(orders))


@pytest.mark.parametrize("count", [by_duckdb, by_polars, by_pandas])
def test_a_reader_stays_with_one_snapshot_while_another_comes(
    shop: Shop, build: Callable[..., None], count: Callable[[Path], int]
) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    parquet = snapshot_of(shop.published) / "parquet"
    assert count(parquet / "orders") == 10
    build(200)
    publish(shop, FIRST_DAY + timedelta(days=1), OPS)
    assert pl.read_parquet(parquet / "stamp" / "*.parquet").item() == count(parquet / "orders") == 10
    through_the_link = shop.published / "current" / "parquet"
    assert count(through_the_link / "orders") == 200
    assert snapshot_of(shop.published).samefile(shop.published / "current")


def test_what_it_says_is_whole_and_the_same_as_the_link(shop: Shop, build: Callable[..., None]) -> None:
    for number in range(3):
        build(10 + number)
        publish(shop, FIRST_DAY + timedelta(days=number), OPS)
        told = json.loads((shop.published / "current.json").read_text())
        manifest = json.loads((snapshot_of(shop.published) / "manifest.json").read_text())
        assert told["folder"] == (shop.published / "current").readlink().name
        assert (told["as_of_date"], told["content_hash"]) == (
            manifest["as_of_date"],
            manifest["content_hash"],
        )
        assert all((snapshot_of(shop.published) / file["path"]).is_file() for file in manifest["files"])
