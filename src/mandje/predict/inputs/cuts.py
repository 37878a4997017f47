"""Reads from the warehouse what was known at a day of the past, and what came after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl

from mandje.predict.inputs.histories import KNOWN_PERSONS, SHOP, Scope
from mandje.predict.models.holdouts import Cut, Holdout, inner_history_days
from mandje.predict.models.parameters import PurchasePatterns

# One row per distinct history with its futures, in one order, so that sums and folds are the same each night.
# Orders, persons and money are what was known of them: at the cut, and of what came later at the end of the
# horizon; what was delivered after that counts as first told. A person's first day is no repeat day. A mean
# is rounded to the cent, half up, in whole numbers, as the inputs have it.
_HOLDOUTS = """
with days as (
    select person_id, order_date, sum(net_sales_amount) as amount
    from {order_changes}
    where known_from_date <= $cut and (known_until_date > $cut) is not false
    group by person_id, order_date
),

histories as (
    select
        person_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) - 1 as frequency,
        count(*) filter (amount > 0) - cast(arg_min(amount, order_date) > 0 as bigint) as spend_days,
        sum(amount) filter (amount > 0) - greatest(arg_min(amount, order_date), 0) as spent,
        {recent}
    from days
    group by person_id
),

-- Guests who became known as a customer: what came since is found under the customer, and is counted once,
-- with the customer where that one had ordered before.
renamed as materialized (
    select person_id, known_as_person_id, known_from_date, known_until_date
    from {persons}
    where known_as_person_id <> person_id
        and person_id in (select person_id from histories)
        and known_as_person_id not in (select person_id from histories)
),

{futures}

persons as (
    select
        histories.*,
        (left_truncation_days = 0 or (
            first_order_date - history_start_date >= left_truncation_days
            and coalesce(first_seen_date >= history_start_date, true)
        )) is true as is_in_fit
    from histories
    inner join {persons} as known using (person_id)
    cross join (select min(history_start_date) as history_start_date from {inputs}) as inputs
    where known.known_from_date <= $cut and (known.known_until_date > $cut) is not false and has_consent
)

select
    frequency, last_order_date - first_order_date as recency_days, $cut - first_order_date + 1 as age_days,
    is_in_fit, spend_days,
    coalesce(
        (cast(spent * 20000 as bigint) + 100 * spend_days) // nullif(200 * spend_days, 0) / 100, 0
    ) as mean_spend,
    {columns},
    count(*) as weight
from persons
{joins}
group by all order by all
"""
# Of one horizon, named by its days.
_RECENT = """\
count(*) filter (order_date > $cut - {days}) - cast(min(order_date) > $cut - {days} as bigint)
            as recent_orders_{days}"""
_FUTURE = """\
came_{days} as (
    select person_id, count(distinct order_date) as orders, sum(net_sales_amount) as spend
    from {order_changes}
    where order_date > $cut and order_date <= $cut + {days}
        and happened_date <= $cut + {days} and (known_until_date > $cut + {days}) is not false
    group by person_id
),

merged_{days} as (
    select min(person_id) as person_id, known_as_person_id
    from renamed
    where known_from_date <= $cut + {days} and (known_until_date > $cut + {days}) is not false
    group by known_as_person_id
),
"""
_COLUMNS = """\
recent_orders_{days}, coalesce(came_{days}.orders, 0) as orders_{days},
    coalesce(cast(came_{days}.spend as double), 0) as spend_{days}"""
_JOIN = """\
left join merged_{days} on persons.person_id = merged_{days}.person_id
left join came_{days}
    on coalesce(merged_{days}.known_as_person_id, persons.person_id) = came_{days}.person_id"""


def read_holdout(
    con: duckdb.DuckDBPyConnection, cut: date, horizon_days: int, scope: Scope = SHOP
) -> Holdout:
    """Histories of persons who may be profiled at the end of `cut`, and the horizon after it, in days."""
    return read_holdouts(con, cut, (horizon_days,), scope)[horizon_days]


def read_holdouts(
    con: duckdb.DuckDBPyConnection, cut: date, horizons: Sequence[int], scope: Scope = SHOP
) -> dict[int, Holdout]:
    """The same of several horizons, by their days: all have the same rows."""
    frame: pl.DataFrame = con.sql(_holdouts_sql(horizons, scope), params={"cut": cut}).pl()
    is_in_fit = frame["is_in_fit"].to_numpy().astype(np.bool_)
    columns = {each.name: each.to_numpy() for each in frame.drop("is_in_fit").cast(pl.Float64)}
    names = ("frequency", "recency_days", "age_days", "weight")
    patterns = PurchasePatterns(*(columns[name] for name in names))
    return {
        days: Holdout(
            patterns=patterns,
            is_in_fit=is_in_fit,
            spend_days=columns["spend_days"],
            mean_spend=columns["mean_spend"],
            recent_orders=columns[f"recent_orders_{days}"],
            orders=columns[f"orders_{days}"],
            spend=columns[f"spend_{days}"],
            horizon=float(days),
            most_orders=days,
        )
        for days in horizons
    }


def _holdouts_sql(horizons: Sequence[int], scope: Scope) -> str:
    tables = {"order_changes": scope.order_changes, "persons": KNOWN_PERSONS}

    def of_each(part: str, between: str) -> str:
        return between.join(part.format(days=days, **tables) for days in horizons)

    return _HOLDOUTS.format(
        inputs=scope.inputs,
        recent=of_each(_RECENT, ",\n        "),
        futures=of_each(_FUTURE, "\n"),
        columns=of_each(_COLUMNS, ",\n    "),
        joins=of_each(_JOIN, "\n"),
        **tables,
    )


def read_patterns(con: duckdb.DuckDBPyConnection, day: date, scope: Scope = SHOP) -> PurchasePatterns:
    """What the models may learn from, as it was at the end of a day of the past."""
    return read_holdout(con, day, 1, scope).known


def read_cut(  # noqa: PLR0913, PLR0917  # where, when, how far, and of whom
    con: duckdb.DuckDBPyConnection,
    known: PurchasePatterns,
    cut: date,
    first_day: date,
    horizon_days: int,
    scope: Scope = SHOP,
) -> Cut:
    """What forms may learn from at `cut`: the patterns known then, and the inner cut before it."""
    history = (cut - first_day).days + 1
    inner_history = inner_history_days(history, horizon_days)
    inner_day = first_day + timedelta(days=inner_history - 1)
    inner = partial(read_holdout, con, inner_day, history - inner_history, scope)
    return Cut(known, inner, float(horizon_days))
