"""Reads inputs, of the shop or of a site, as counts and as histograms of patterns, always in one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from mandje.errors import ExitCode, MandjeError
from mandje.predict.inputs.minimum_data import SMALLER_WINDOWS, DataCounts
from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns, Vector

INPUTS = "intermediate.int_customer_inputs"
_SITE_INPUTS = "intermediate.int_site_customer_inputs"
ORDER_CHANGES = "intermediate.int_order_changes_known"
KNOWN_PERSONS = "intermediate.int_persons_known"


@dataclass(frozen=True)
class Scope:
    """Whose orders are looked at: all of the shop, or those of one site as if there were no other.

    Attributes:
        site: the site, or None.
        learns_from_truncated: also from those whose first order may not be their first.
    """

    site: str | None = None
    learns_from_truncated: bool = False

    @property
    def inputs(self) -> str:
        """The inputs, with the person's `home_site`, as a table of SQL."""
        names = "* replace (true as is_in_fit)" if self.learns_from_truncated else "*"
        if self.site is not None:
            return f"(select {names}, site as home_site from {_SITE_INPUTS} where site = '{self.site}')"
        return f"(select {names} from {INPUTS})" if self.learns_from_truncated else INPUTS

    @property
    def persons(self) -> str:
        """Persons as they were known at any day of the past, as a table of SQL."""
        if self.learns_from_truncated:
            return f"(select * replace (0 as left_truncation_days) from {KNOWN_PERSONS})"
        return KNOWN_PERSONS

    @property
    def order_changes(self) -> str:
        """Order days as they were known at any day of the past, as a table of SQL."""
        if self.site is None:
            return ORDER_CHANGES
        return f"(select * from {ORDER_CHANGES} where site = '{self.site}')"


SHOP = Scope()

# Whether a first order is known to be the first; of persons as known, with the first day of the history.
FIRST_IS_FIRST = """(left_truncation_days = 0 or (
            first_order_date - history_start_date >= left_truncation_days
            and coalesce(first_seen_date >= history_start_date, true)
        )) is true"""
# Those who did not agree to be profiled are not learnt from either.
IN_FIT = "(is_in_fit and has_consent)"

# First orders so many days after the exports begin, and later, would be learnt from; at most: who was known
# before the exports began is left out by any window.
_BY_WINDOW = ", ".join(
    f"count(*) filter ({IN_FIT} or has_consent and first_order_date - begin_date >= {days})"
    for days in SMALLER_WINDOWS
)

_COUNTS = f"""
select
    count(*),
    count(*) filter ({IN_FIT}),
    count(*) filter ({IN_FIT} and frequency >= 2),
    coalesce(sum(frequency) filter ({IN_FIT}), 0),
    {_BY_WINDOW},
    coalesce(max(history_days), 0),
    max(last_order_date)
from {{inputs}}
cross join (select min(history_start_date) as begin_date from {INPUTS}) as begins
"""
_EXCLUDED = f"""
select coalesce(exclusion_reason, 'unknown') as reason, count(*) as customers
from {{inputs}} where not {IN_FIT} group by all order by all
"""
_IMPOSSIBLE = """
select person_id, frequency, recency_days, age_days, spend_days, mean_spend_amount, is_in_fit, has_consent
from {inputs}
where (frequency >= 0 and recency_days >= 0 and recency_days < age_days
    and (frequency = 0) = (recency_days = 0)
    and spend_days between 0 and frequency and (spend_days = 0) = (mean_spend_amount is null)
    and coalesce(mean_spend_amount >= 0, true)
    and is_in_fit is not null and has_consent is not null) is not true
order by person_id limit 1
"""
_PURCHASES = f"""
select frequency, recency_days, age_days, count(*) as weight
from {{inputs}} where {IN_FIT} group by all order by all
"""
_SPEND = f"""
select spend_days, mean_spend_amount, count(*) as weight
from {{inputs}} where {IN_FIT} and mean_spend_amount > 0 group by all order by all
"""
_SCORED = """
select frequency, age_days, recency_days, spend_days from {inputs} where has_consent group by all order by all
"""
_SCORED_SPEND = """
select spend_days, mean_spend_amount from {inputs} where has_consent group by all order by all
"""


def read_sites(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Sites on which somebody ordered who can be known again."""
    return [
        site for (site,) in con.execute(f"select distinct site from {_SITE_INPUTS} order by site").fetchall()
    ]


def read_counts(con: duckdb.DuckDBPyConnection, as_of_date: date, scope: Scope = SHOP) -> DataCounts:
    """Count what there is to learn from.

    Raises:
        MandjeError: a history in the inputs that cannot be (a last order before the first, and the like).
    """
    _refuse_impossible(con, scope)
    row = con.execute(_COUNTS.format(inputs=scope.inputs)).fetchall()[0]
    (customers, in_fit, thrice, repeats), by_window, (history_days, last_order_date) = (
        row[:4],
        row[4:-2],
        row[-2:],
    )
    return DataCounts(
        customers=customers,
        customers_in_fit=in_fit,
        customers_with_three_order_days=thrice,
        repeat_order_days=int(repeats),
        customers_by_window=dict(zip(SMALLER_WINDOWS, by_window, strict=True)),
        customers_excluded=dict(con.execute(_EXCLUDED.format(inputs=scope.inputs)).fetchall()),
        history_days=history_days,
        quiet_days=(as_of_date - last_order_date).days if last_order_date else None,
    )


def read_purchase_patterns(con: duckdb.DuckDBPyConnection, scope: Scope = SHOP) -> PurchasePatterns:
    """Histogram of (x, t_x, T) in days over the persons in the fit, ascending."""
    return PurchasePatterns(*_columns(con, _PURCHASES, scope))


def read_spend_patterns(con: duckdb.DuckDBPyConnection, scope: Scope = SHOP) -> SpendPatterns:
    """Histogram of (spend days, mean to the cent) over persons in the fit with repeat spend, ascending."""
    return SpendPatterns(*_columns(con, _SPEND, scope))


def read_scored_histories(con: duckdb.DuckDBPyConnection, scope: Scope = SHOP) -> pl.DataFrame:
    """Distinct (frequency, age_days, recency_days, spend_days) of persons who may be scored, ascending."""
    return _frame(con, _SCORED, scope)


def read_scored_spend(con: duckdb.DuckDBPyConnection, scope: Scope = SHOP) -> pl.DataFrame:
    """Distinct (spend_days, mean_spend_amount) of persons who may be scored, ascending."""
    return _frame(con, _SCORED_SPEND, scope)


def _frame(con: duckdb.DuckDBPyConnection, sql: str, scope: Scope) -> pl.DataFrame:
    frame: pl.DataFrame = con.sql(sql.format(inputs=scope.inputs)).pl()
    return frame


def _columns(con: duckdb.DuckDBPyConnection, sql: str, scope: Scope) -> list[Vector]:
    return [column.cast(pl.Float64).to_numpy() for column in _frame(con, sql, scope)]


def _refuse_impossible(con: duckdb.DuckDBPyConnection, scope: Scope) -> None:
    found = _frame(con, _IMPOSSIBLE, scope)
    if len(found):
        raise MandjeError(
            "a customer's history cannot be",
            file=INPUTS,
            found=str(found.row(0, named=True)),
            expected="0 <= recency_days < age_days, recency 0 only with frequency 0, a mean with spend days",
            next_step="the model that builds this table is at fault; please report it",
            exit_code=ExitCode.NIGHT_STOPPED,
        )
