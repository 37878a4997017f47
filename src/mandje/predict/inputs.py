"""Reads `intermediate.int_customer_inputs` as counts and as histograms of patterns, always in one order."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl

from mandje.errors import ExitCode, MandjeError
from mandje.predict.minimum_data import DataCounts
from mandje.predict.parameters import PurchasePatterns, SpendPatterns, Vector

INPUTS = "intermediate.int_customer_inputs"
# Those who did not agree to be profiled are not learnt from either.
IN_FIT = "(is_in_fit and has_consent)"

_COUNTS = f"""
select
    count(*),
    count(*) filter ({IN_FIT}),
    count(*) filter ({IN_FIT} and frequency >= 2),
    coalesce(max(history_days), 0),
    max(last_order_date)
from {INPUTS}
"""
_EXCLUDED = f"""
select coalesce(exclusion_reason, 'unknown') as reason, count(*) as customers
from {INPUTS} where not {IN_FIT} group by all order by all
"""
_IMPOSSIBLE = f"""
select person_id, frequency, recency_days, age_days, spend_days, mean_spend_amount, is_in_fit, has_consent
from {INPUTS}
where (frequency >= 0 and recency_days >= 0 and recency_days < age_days
    and (frequency = 0) = (recency_days = 0)
    and spend_days between 0 and frequency and (spend_days = 0) = (mean_spend_amount is null)
    and coalesce(mean_spend_amount >= 0, true)
    and is_in_fit is not null and has_consent is not null) is not true
order by person_id limit 1
"""
_PURCHASES = f"""
select frequency, recency_days, age_days, count(*) as weight
from {INPUTS} where {IN_FIT} group by all order by all
"""
_SPEND = f"""
select spend_days, mean_spend_amount, count(*) as weight
from {INPUTS} where {IN_FIT} and mean_spend_amount > 0 group by all order by all
"""
_SCORED = f"""
select frequency, recency_days, age_days from {INPUTS} where has_consent group by all order by all
"""
_SCORED_SPEND = f"""
select spend_days, mean_spend_amount from {INPUTS} where has_consent group by all order by all
"""


def read_counts(con: duckdb.DuckDBPyConnection, as_of_date: date) -> DataCounts:
    """Count what there is to learn from.

    Raises:
        MandjeError: a history in the inputs that cannot be (a last order before the first, and the like).
    """
    _refuse_impossible(con)
    customers, in_fit, thrice, history_days, last_order_date = con.execute(_COUNTS).fetchall()[0]
    return DataCounts(
        customers=customers,
        customers_in_fit=in_fit,
        customers_with_three_order_days=thrice,
        customers_excluded=dict(con.execute(_EXCLUDED).fetchall()),
        history_days=history_days,
        quiet_days=(as_of_date - last_order_date).days if last_order_date else None,
    )


def read_purchase_patterns(con: duckdb.DuckDBPyConnection) -> PurchasePatterns:
    """Histogram of (x, t_x, T) in days over the persons in the fit, ascending."""
    return PurchasePatterns(*_columns(con, _PURCHASES))


def read_spend_patterns(con: duckdb.DuckDBPyConnection) -> SpendPatterns:
    """Histogram of (spend days, mean to the cent) over persons in the fit with repeat spend, ascending."""
    return SpendPatterns(*_columns(con, _SPEND))


def read_scored_histories(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Distinct (frequency, recency_days, age_days) of persons who may be scored, ascending."""
    return _frame(con, _SCORED)


def read_scored_spend(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Distinct (spend_days, mean_spend_amount) of persons who may be scored, ascending."""
    return _frame(con, _SCORED_SPEND)


def _frame(con: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql(sql).pl()
    return frame


def _columns(con: duckdb.DuckDBPyConnection, sql: str) -> list[Vector]:
    return [column.cast(pl.Float64).to_numpy() for column in _frame(con, sql)]


def _refuse_impossible(con: duckdb.DuckDBPyConnection) -> None:
    found = _frame(con, _IMPOSSIBLE)
    if len(found):
        raise MandjeError(
            "a customer's history cannot be",
            file=INPUTS,
            found=str(found.row(0, named=True)),
            expected="0 <= recency_days < age_days, recency 0 only with frequency 0, a mean with spend days",
            next_step="the model that builds this table is at fault; please report it",
            exit_code=ExitCode.NIGHT_STOPPED,
        )
