"""The adapter of the European Central Bank's reference rates.

The bank says what one euro is; needed is what one unit of each currency is in the shop's reporting currency:
1 by the rate for euros, else the one rate by the other. The reporting currency's own cell tells the euro's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA, Kind, Mapped, account
from mandje.adapters.ecb.tables import CELLS, KINDS, OBSERVATIONS
from mandje.adapters.exact import quotient, steps
from mandje.adapters.feed_frames import all_tables, count_derived, feed_frame
from mandje.contracts.types import RATE, Table
from mandje.shop.settings import ShopSettings

EURO = "EUR"
FEED = "exchange_rates"
NOT_QUOTED = "skipped:not_quoted"
NOT_DAILY = "skipped:not_daily"
OTHER_RATE = "skipped:other_rate"
SKIPPED_REASONS = {
    NOT_QUOTED: "the European Central Bank does not quote this currency, or the reporting one, that day",
    NOT_DAILY: "a rate of a month or a year; rates of days are read",
    OTHER_RATE: "no reference rate of the euro: an index, or a rate of another currency",
}
# Whole numbers for one.
_ONE = 10**RATE.scale


@dataclass(frozen=True, slots=True)
class EcbRates:
    """Maps rates to the reporting currency; of each day, its own is needed."""

    reporting: str
    kinds: tuple[Kind, ...] = KINDS
    feeds: tuple[str, ...] = (FEED,)
    held: tuple[str, ...] = ()
    maps_rows_alone: bool = False

    @property
    def tables(self) -> Mapping[str, Table]:
        """Cells of the site's files, and rows of the data API's."""
        return {CELLS.name: CELLS, OBSERVATIONS.name: OBSERVATIONS}

    def refused(self, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:  # noqa: ARG002 - as in Adapter
        """None: rates were judged one by one."""
        return pl.DataFrame(schema=REFUSED_SCHEMA)

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        """Give every rate its destination, and turn it into one to the reporting currency."""
        given = all_tables(tables, self.tables.values())
        parts = {
            CELLS.name: self._routed(given[CELLS.name], pl.lit(None, pl.String)),
            OBSERVATIONS.name: self._routed(given[OBSERVATIONS.name], _why_not_read()),
        }
        rates = pl.concat([self._rates(rows) for rows in parts.values()])
        accounts = [account(rows, name) for name, rows in parts.items()]
        return Mapped({FEED: rates}, pl.concat(accounts), count_derived({}, ()))

    def _routed(self, rows: pl.DataFrame, not_read: pl.Expr) -> pl.DataFrame:
        """Rows with `destination` and `own`, the day's rate of the reporting currency; no money."""
        where = ["delivery_date", "delivery_file", "day"]
        known = rows.with_columns(
            not_read.alias("not_read"), pl.lit(None, pl.String).alias("currency_code"), money_amount=0
        )
        is_own = (pl.col("currency") == self.reporting) & pl.col("not_read").is_null()
        own = known.filter(is_own & pl.col("rate").is_not_null()).select(*where, pl.col("rate").alias("own"))
        one = pl.lit(1 if self.reporting == EURO else None).cast(RATE)
        return (
            known.join(
                own.unique(where, keep="first", maintain_order=True),
                on=where,
                how="left",
                maintain_order="left",
            )
            .with_columns(pl.col("own").fill_null(one))
            .with_columns(
                pl.coalesce(
                    "not_read",
                    pl.when(pl.any_horizontal(pl.col("rate", "own").is_null())).then(pl.lit(NOT_QUOTED)),
                    pl.lit(FEED),
                ).alias("destination")
            )
        )

    def _rates(self, rows: pl.DataFrame) -> pl.DataFrame:
        is_own = pl.col("currency") == self.reporting
        ratio = quotient(steps(pl.col("own")) * _ONE, steps(pl.col("rate")), RATE)
        return feed_frame(
            FEED,
            rows.filter(pl.col("destination") == FEED),
            {
                "rate_date": pl.col("day"),
                "from_currency": pl.when(is_own).then(pl.lit(EURO)).otherwise(pl.col("currency")),
                "to_currency": pl.lit(self.reporting),
                "rate": pl.when(is_own).then(pl.col("own")).otherwise(ratio),
            },
        )


def _why_not_read() -> pl.Expr:
    """Where rows of other series go; null for a reference rate of a day."""
    is_reference = (pl.col("rate_type") == "SP00") & (pl.col("per") == EURO)
    return (
        pl.when((pl.col("frequency") != "D") | pl.col("day").is_null())
        .then(pl.lit(NOT_DAILY))
        .when(~is_reference)
        .then(pl.lit(OTHER_RATE))
    )


def ecb_adapter(source_name: str, settings: ShopSettings) -> EcbRates:  # noqa: ARG001 - as every maker
    """The adapter for a source of any name."""
    return EcbRates(settings.reporting_currency)
