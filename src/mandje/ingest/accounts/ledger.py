"""A delivery's ledger: what was read and where each row and its money went.

It holds only what the delivery itself decides: no times, no machine, no neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import polars as pl

from mandje.ingest.accounts.batch_totals import BatchTotals
from mandje.ingest.exports.deliveries import Delivery
from mandje.ingest.values.reading_notes import NOTED_NAMES
from mandje.system.own_files import Json

Rows = dict[date, list[dict[str, Any]]]


def ledgers(deliveries: Sequence[Delivery], counted: BatchTotals, rules: str) -> dict[date, Json]:
    """The ledger of each accepted delivery of a batch; money as decimal text with four places.

    `read`: table, currency, rows, money. `destinations`: table, destination, currency, rows, money.
    `derived` and `feeds`: feed, rows. `noted`: table, column, kind, rows (see `ingest.values.reading_notes`).
    """
    sums = {
        "read": _by_day(_account_rows(counted.read)),
        "destinations": _by_day(_account_rows(counted.destinations())),
        "derived": _by_day(_feed_rows(counted.derived)),
        "feeds": _by_day(_feed_rows(counted.feeds)),
        "noted": _by_day(counted.noted.rename(NOTED_NAMES)),
    }
    return {
        delivery.delivery_date: {
            "source": delivery.source,
            "delivery_date": delivery.delivery_date.isoformat(),
            "sha256": delivery.sha256,
            "rules": rules,
            "status": "accepted",
            "files": [
                {"name": file.name, "bytes": file.byte_count, "sha256": file.sha256}
                for file in delivery.files
            ],
        }
        | {name: rows.get(delivery.delivery_date, []) for name, rows in sums.items()}
        for delivery in deliveries
    }


def _account_rows(frame: pl.DataFrame) -> pl.DataFrame:
    names = {
        "table_name": "table",
        "currency_code": "currency",
        "row_count": "rows",
        "money_amount": "money",
    }
    return frame.with_columns(pl.col("money_amount").cast(pl.String)).rename(names)


def _feed_rows(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.group_by("delivery_date", "feed").agg(pl.col("row_count").sum().alias("rows"))
    return rows.filter(pl.col("rows") != 0).sort("delivery_date", "feed")


def _by_day(frame: pl.DataFrame) -> Rows:
    rows = frame.sort("delivery_date", maintain_order=True).to_dicts()
    return {
        day: [{name: row[name] for name in row if name != "delivery_date"} for row in group]
        for day, group in groupby(rows, key=lambda row: row["delivery_date"])
    }
