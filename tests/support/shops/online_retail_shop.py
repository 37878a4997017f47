"""Online Retail as its adapter maps it, in one step: raw rows without exports, deliveries and ledgers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from mandje.adapters import adapter_for
from mandje.contracts.types import Table
from mandje.shop.settings import Shop, load_shop
from raw_shop import SHA, WrittenPartition
from repository import DATA

SAMPLE = DATA / "online_retail"


def make_online_retail(folder: Path) -> tuple[Shop, WrittenPartition]:
    """A shop in `folder` with the settings of the sample and all its rows in one partition."""
    shop = replace(load_shop(SAMPLE), folder=folder)
    adapter = adapter_for("invoices", shop.settings)
    feeds = adapter.map({"invoices": _invoices(adapter.tables["invoices"])}).feeds
    place = shop.raw / "invoices" / "2011-12-09" / SHA
    place.mkdir(parents=True)
    for feed, rows in feeds.items():
        rows.write_parquet(place / f"{feed}.parquet")
    return shop, WrittenPartition(place, {feed: rows.height for feed, rows in feeds.items()})


def _invoices(table: Table) -> pl.DataFrame:
    """The shipped lines as the parser would give them, a delivery per day."""
    day, line = pl.col("InvoiceDate").dt.date(), pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
    frame = pl.read_parquet(SAMPLE / "source" / "online_retail.parquet").with_columns(
        pl.lit("invoices").alias("delivery_source"),
        day.alias("delivery_date"),
        pl.lit(SHA).alias("delivery_sha256"),
        pl.lit("invoices.csv").alias("delivery_file"),
        line.over(day).alias("delivery_line"),
        pl.lit(None, pl.String).alias("delivery_part"),
        pl.col("InvoiceDate").dt.replace_time_zone("Europe/London").dt.convert_time_zone("UTC"),
        pl.col("UnitPrice").round(4),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in table.polars_schema().items())
