"""Daily invoice files of Online Retail: each trading day's lines, in the order and columns of the source."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from mandje.prepare.drop import Drop


def online_retail_drops(source: Path) -> list[Drop]:
    """One file of invoice lines per trading day, with times on the shop's own clock."""
    lines = pl.read_parquet(source / "online_retail.parquet", glob=False, hive_partitioning=False)
    time = pl.col("InvoiceDate").dt.to_string("%Y-%m-%d %H:%M:%S")
    rows = lines.with_columns(time).select(
        pl.col("InvoiceDate").str.slice(0, 10).alias("delivery_date"), pl.all()
    )
    return [Drop("invoices", "invoices.csv.gz", rows)]
