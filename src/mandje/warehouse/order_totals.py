"""Order totals beside their lines, per currency: read from the built warehouse, kept beside it as a file.

Nobody can open the working database while a night writes it; the file `warehouse/order_totals.parquet` tells
the same of the newest build.
"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from mandje.shop.settings import Shop
from mandje.system.own_files import DamagedFileError, read_own_parquet, sync
from mandje.warehouse.connection import open_warehouse

# Of all due orders, in their own currency: total = lines less their discounts + other parts (shipping, other
# charges and tax, less the order's discount) + difference; `untied_count` differ by more than 0.01 a line.
TOTALS_SCHEMA = {
    "currency_code": pl.String(),
    "order_count": pl.Int64(),
    "total_amount": pl.Decimal(38, 4),
    "lines_amount": pl.Decimal(38, 4),
    "other_parts_amount": pl.Decimal(38, 4),
    "difference_amount": pl.Decimal(38, 4),
    "untied_count": pl.Int64(),
}
_QUERY = """
    SELECT currency_code, count(*) AS order_count, sum(total_amount) AS total_amount,
        sum(lines_amount) AS lines_amount, sum(other_parts_amount) AS other_parts_amount,
        sum(difference_amount) AS difference_amount, count(*) FILTER (NOT is_tied) AS untied_count
    FROM intermediate.int_order_totals_compared GROUP BY currency_code ORDER BY currency_code
"""


def keep_order_totals(shop: Shop) -> None:
    """Write the sums of the build that has just ended to their file, in one rename."""
    with open_warehouse(shop, read_only=True) as connection:
        frame = pl.DataFrame(connection.sql(_QUERY).to_arrow_table())
    private = _path(shop).with_suffix(f".{os.getpid()}.tmp")
    frame.select(pl.col(name).cast(kind) for name, kind in TOTALS_SCHEMA.items()).write_parquet(private)
    sync(private)
    private.replace(_path(shop))


def read_order_totals(shop: Shop) -> pl.DataFrame:
    """The sums that the newest build kept, a row per currency; none before the first.

    Also while a night runs.
    """
    try:
        return read_own_parquet(_path(shop), list(TOTALS_SCHEMA), "").cast(TOTALS_SCHEMA)  # type: ignore[arg-type]
    except (DamagedFileError, pl.exceptions.PolarsError):
        return pl.DataFrame(schema=TOTALS_SCHEMA)


def _path(shop: Shop) -> Path:
    return shop.warehouse.with_name("order_totals.parquet")
