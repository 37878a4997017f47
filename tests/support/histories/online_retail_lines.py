"""Who bought which product in which order on which day, of the real shop Online Retail."""

from __future__ import annotations

from functools import cache

import polars as pl

from repository import ROOT

_SOURCE = ROOT / "data" / "online_retail" / "source" / "online_retail.parquet"


@cache
def online_retail_lines() -> pl.DataFrame:
    """Sales of goods (codes of five digits) to known customers, without cancellations."""
    rows = pl.read_parquet(_SOURCE).filter(
        pl.col("StockCode").str.contains(r"^\d{5}")
        & (pl.col("Quantity") > 0)
        & (pl.col("UnitPrice") > 0)
        & ~pl.col("InvoiceNo").str.starts_with("C")
        & pl.col("CustomerID").is_not_null()
    )
    return rows.select(
        person_id=pl.col("CustomerID").cast(pl.String),
        order_id="InvoiceNo",
        product_id="StockCode",
        order_date=pl.col("InvoiceDate").dt.date(),
    ).unique(maintain_order=True)
