"""What became of raw rows, read from the built warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mandje.settings import Shop
from mandje.warehouse.connection import open_warehouse


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """Raw rows of one source, feed and currency that came to the same end.

    `outcome` is kept, not_yet_due (kept, but of a day after the as-of date), duplicate or superseded; over
    all outcomes the rows are the raw rows. `money_amount` is 0 where the feed carries no money.
    """

    source: str
    feed: str
    currency_code: str | None
    outcome: str
    row_count: int
    money_amount: Decimal


def row_outcomes(shop: Shop) -> tuple[RowOutcome, ...]:
    """Outcomes over all deliveries, in a fixed order.

    Raises:
        MandjeError: no working database yet, or another process holds it.
    """
    with open_warehouse(shop, read_only=True) as connection:
        rows = connection.execute(
            "SELECT delivery_source, feed, currency_code, outcome, CAST(sum(row_count) AS BIGINT),"
            " CAST(sum(money_amount) AS DECIMAL(18,4)) FROM intermediate.int_row_outcomes"
            " GROUP BY ALL ORDER BY ALL NULLS LAST"
        ).fetchall()
    return tuple(RowOutcome(*row) for row in rows)
