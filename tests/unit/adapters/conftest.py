from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import polars as pl
import pytest

from mandje.adapters import adapter_for
from mandje.adapters.base import Adapter, Mapped
from mandje.contracts.types import Column, Table
from mandje.prepare.drop import Drop
from mandje.prepare.online_retail import online_retail_drops
from mandje.prepare.thelook import thelook_drops
from mandje.shop.settings import Shop, load_shop
from repository import DATA

Line = tuple[str, str, int, str]
MapLines = Callable[..., Mapped]
LINE = {"InvoiceNo": pl.String, "StockCode": pl.String, "Quantity": pl.Int64, "UnitPrice": pl.String}


def typed(rows: pl.DataFrame, table: Table, source: str, file: str) -> pl.DataFrame:
    """What strict parsing makes of good rows, done the plain way: `Table.polars_schema()`."""
    lines = rows.with_columns(
        pl.lit(source).alias("delivery_source"),
        pl.col("delivery_date").cast(pl.String).str.to_date(),
        pl.lit("0" * 12).alias("delivery_sha256"),
        pl.lit(file).alias("delivery_file"),
        (pl.int_range(pl.len()).over("delivery_date") + 2).alias("delivery_line"),
        pl.lit(None, pl.String).alias("delivery_part"),
        *(_typed_column(column).alias(column.name) for column in table.columns),
    )
    return lines.select(pl.col(name).cast(kind) for name, kind in table.polars_schema().items())


def _typed_column(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    if column.type == "timestamp":
        time = value.cast(pl.String).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
        zone = column.time_zone or "UTC"
        return time.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    if column.is_email:
        return value.map_elements(lambda text: hashlib.sha256(text.encode()).hexdigest(), pl.String)
    if column.round_to is not None:
        return value.cast(pl.Float64).round(column.round_to, mode="half_away_from_zero")
    return value


def read_drops(adapter: Adapter, source: str, drops: list[Drop]) -> dict[str, pl.DataFrame]:
    files = {drop.file_name.split(".")[0]: drop for drop in drops if drop.source == source}
    return {
        name: typed(files[name].rows, table, source, files[name].file_name)
        for name, table in adapter.tables.items()
    }


@pytest.fixture(scope="session")
def online_retail() -> Shop:
    return load_shop(DATA / "online_retail")


@pytest.fixture(scope="session")
def thelook() -> Shop:
    return load_shop(DATA / "thelook")


@pytest.fixture(scope="session")
def invoice_lines(online_retail: Shop) -> pl.DataFrame:
    """All invoice lines of the real shop, typed."""
    adapter = adapter_for("invoices", online_retail.settings)
    return read_drops(adapter, "invoices", online_retail_drops(online_retail.source))["invoices"]


@pytest.fixture(scope="session")
def mapped_invoices(online_retail: Shop, invoice_lines: pl.DataFrame) -> Mapped:
    return adapter_for("invoices", online_retail.settings).map({"invoices": invoice_lines})


@pytest.fixture(scope="session")
def thelook_frames(thelook: Shop) -> Mapping[str, Mapping[str, pl.DataFrame]]:
    """All typed rows by source and table."""
    drops = thelook_drops(thelook.source)
    return {
        source: read_drops(adapter_for(source, thelook.settings), source, drops)
        for source in thelook.settings.sources
    }


@pytest.fixture(scope="session")
def mapped_thelook(
    thelook: Shop, thelook_frames: Mapping[str, Mapping[str, pl.DataFrame]]
) -> Mapping[str, Mapped]:
    return {
        source: adapter_for(source, thelook.settings).map(frames) for source, frames in thelook_frames.items()
    }


@pytest.fixture(scope="session")
def map_lines(online_retail: Shop) -> MapLines:
    """Maps lines (InvoiceNo, StockCode, Quantity, UnitPrice) of one delivery."""
    adapter = adapter_for("invoices", online_retail.settings)

    def map_lines(*lines: Line) -> Mapped:
        rows = pl.DataFrame(lines, schema=LINE, orient="row").with_columns(
            pl.lit("NAME").alias("Description"),
            pl.lit("2011-03-01 10:00:00").alias("InvoiceDate"),
            pl.lit("7").alias("CustomerID"),
            pl.lit("2011-03-01").alias("delivery_date"),
        )
        return adapter.map({"invoices": typed(rows, adapter.tables["invoices"], "invoices", "invoices.csv")})

    return map_lines
