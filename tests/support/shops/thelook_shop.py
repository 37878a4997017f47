"""TheLook's web events as its adapter maps them, in one step: raw rows without exports and ledgers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from mandje.adapters import adapter_for
from mandje.contracts.types import Table
from mandje.shop.settings import Shop, load_shop
from raw_shop import SHA, WrittenPartition
from repository import DATA

SAMPLE = DATA / "thelook"


def make_thelook_events(folder: Path) -> tuple[Shop, WrittenPartition]:
    """A shop in `folder` with the settings of the sample and all its web events in one partition."""
    shop = replace(load_shop(SAMPLE), folder=folder)
    adapter = adapter_for("events", shop.settings)
    events = adapter.map({"events": _parsed(adapter.tables["events"])}).feeds["session_events"]
    place = shop.raw / "events" / "2025-11-28" / SHA
    place.mkdir(parents=True)
    events.write_parquet(place / "session_events.parquet")
    return shop, WrittenPartition(place, {"session_events": events.height})


def _parsed(table: Table) -> pl.DataFrame:
    """The shipped events as the parser would give them, a delivery per day."""
    moment = pl.col("created_at").str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
    frame = pl.read_parquet(SAMPLE / "source" / "events.parquet").with_columns(
        pl.lit("events").alias("delivery_source"),
        moment.dt.date().alias("delivery_date"),
        pl.lit(SHA).alias("delivery_sha256"),
        pl.lit("events.csv").alias("delivery_file"),
        pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("delivery_line"),
        pl.lit(None, pl.String).alias("delivery_part"),
        moment.dt.replace_time_zone("UTC").alias("created_at"),
        pl.col("user_id").replace("", None),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in table.polars_schema().items())
