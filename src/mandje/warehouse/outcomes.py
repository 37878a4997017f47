"""What became of raw rows, delivery by delivery: read from the built warehouse, kept beside it as a file.

Nobody can open the working database while a night writes it; the file `warehouse/row_outcomes.parquet` tells
the same of the newest build.
"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from mandje.shop.settings import Shop
from mandje.system.own_files import DamagedFileError, read_own_parquet, sync
from mandje.warehouse.connection import open_warehouse

# `outcome` is kept, priced_later (a return that tells no refund), not_yet_due (kept, but of a day after the
# as-of date), without_header (a line whose order was never delivered), too_old (an event of a wrong clock),
# took_away (a line of quantity 0), duplicate or superseded; over all outcomes the rows are the raw rows.
# `money_amount` is 0 where the feed carries no money.
OUTCOME_SCHEMA = {
    "source": pl.String(),
    "delivery_date": pl.Date(),
    "feed": pl.String(),
    "currency_code": pl.String(),
    "outcome": pl.String(),
    "row_count": pl.Int64(),
    "money_amount": pl.Decimal(18, 4),
}
_QUERY = """
    SELECT delivery_source AS source, delivery_date, feed, currency_code, outcome,
        CAST(sum(row_count) AS BIGINT) AS row_count, CAST(sum(money_amount) AS DECIMAL(18,4)) AS money_amount
    FROM intermediate.int_row_outcomes GROUP BY ALL ORDER BY ALL NULLS LAST
"""


def row_outcomes(shop: Shop) -> pl.DataFrame:
    """Raw rows of one delivery, feed and currency that came to the same end; OUTCOME_SCHEMA, fixed order.

    Raises:
        MandjeError: no working database yet, or another process holds it.
    """
    with open_warehouse(shop, read_only=True) as connection:
        frame = pl.DataFrame(connection.sql(_QUERY).to_arrow_table())
    return frame.select(pl.col(name).cast(kind) for name, kind in OUTCOME_SCHEMA.items())


def keep_row_outcomes(shop: Shop) -> None:
    """Write the outcomes of the build that has just ended to their file, in one rename."""
    private = _path(shop).with_suffix(f".{os.getpid()}.tmp")
    row_outcomes(shop).write_parquet(private)
    sync(private)
    private.replace(_path(shop))


def read_row_outcomes(shop: Shop) -> pl.DataFrame | None:
    """The outcomes that the newest build kept; None before the first, or where nobody can tell any more.

    Also while a night runs.
    """
    try:
        return read_own_parquet(_path(shop), list(OUTCOME_SCHEMA), "").cast(OUTCOME_SCHEMA)  # type: ignore[arg-type]
    except (DamagedFileError, pl.exceptions.PolarsError):
        return None


def _path(shop: Shop) -> Path:
    return shop.warehouse.with_name("row_outcomes.parquet")
