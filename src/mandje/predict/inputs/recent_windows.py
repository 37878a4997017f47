"""Reads what became of groups of customers in windows of the past, all windows taken together."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

from mandje.predict.inputs.histories import FIRST_IS_FIRST, INPUTS, SHOP, Scope
from mandje.predict.inputs.minimum_data import HISTORY_DAYS_OF_SHARES
from mandje.predict.models.recent_shares import MOST_TIMES, SINCE_LIMITS, Seen

# Windows begin four weeks apart, so that weekdays weigh alike, and go back a year: each season is in once.
_STEP_DAYS, _MOST_WINDOWS = 28, 13

# Order days and persons as known at the end of the day.
_DAYS = """
with days as (
    select person_id, order_date, sum(net_sales_amount) as amount
    from {order_changes}
    where
        order_date <= $day and known_from_date <= $day and (known_until_date > $day) is not false
        and person_id in (
            select person_id
            from {persons}
            where has_consent and known_from_date <= $day and (known_until_date > $day) is not false
        )
    group by person_id, order_date
)
"""
# Between two order days a customer is in one state: how many order days so far, and when the last one was.
_STATES = f"""{_DAYS},
learners as (
    select persons.person_id
    from {{persons}} as persons
    inner join (
        select person_id, min(order_date) as first_order_date from days group by person_id
    ) as firsts on persons.person_id = firsts.person_id
    cross join (select min(history_start_date) as history_start_date from {{inputs}}) as inputs
    where
        {FIRST_IS_FIRST} and known_from_date <= $day and (known_until_date > $day) is not false
),

states as (
    select
        person_id,
        order_date,
        row_number() over person as times,
        coalesce(lead(order_date) over person, $day + 1) as next_date
    from days
    where person_id in (select person_id from learners)
    window person as (partition by person_id order by order_date)
)

select
    cuts.cut_date - before.order_date as since_days,
    least(before.times, {MOST_TIMES}) as times,
    count(*) as customers,
    count(*) filter (later.times > before.times) as with_order,
    sum(later.times - before.times) as order_days
from (select unnest($cuts) as cut_date) as cuts
inner join states as before
    on before.order_date <= cuts.cut_date and cuts.cut_date < before.next_date
inner join states as later
    on
        before.person_id = later.person_id
        and later.order_date <= cuts.cut_date + $horizon
        and cuts.cut_date + $horizon < later.next_date
group by all
order by all
"""

_MEAN_ORDER = f"{_DAYS} select sum(amount), count(*) from days"


def read_recent_windows(
    con: duckdb.DuckDBPyConnection, day: date, first_day: date, horizon_days: int, scope: Scope = SHOP
) -> Seen | None:
    """What customers did in windows that end by a day, whom the models may learn from; None without a window.

    Where windows overlap, each counts by the share of it that is not in the next one.

    Args:
        con: the warehouse.
        day: last day known.
        first_day: of the history.
        horizon_days: length of a window.
        scope: the shop or a site.
    """
    cuts = [day - timedelta(days=horizon_days + _STEP_DAYS * number) for number in range(_MOST_WINDOWS)]
    cuts = [cut for cut in cuts if (cut - first_day).days + 1 >= HISTORY_DAYS_OF_SHARES]
    if not cuts:
        return None
    sql = _STATES.format(inputs=INPUTS, order_changes=scope.order_changes, persons=scope.persons)
    rows: pl.DataFrame = con.sql(sql, params={"day": day, "cuts": cuts, "horizon": horizon_days}).pl()
    since, times, *counts = (column.cast(pl.Float64).to_numpy() for column in rows)
    places = np.digitize(since, SINCE_LIMITS) * MOST_TIMES + times.astype(np.int64) - 1
    size = (len(SINCE_LIMITS) + 1) * MOST_TIMES
    own = min(1.0, _STEP_DAYS / horizon_days) if len(cuts) > 1 else 1.0
    customers, with_order, order_days = (
        np.bincount(places, own * each, size).reshape(-1, MOST_TIMES).astype(np.float64) for each in counts
    )
    return Seen(customers, with_order, order_days, horizon_days)


def read_mean_order(con: duckdb.DuckDBPyConnection, day: date, scope: Scope = SHOP) -> float:
    """Net spend per order day of all who may be profiled, as known on a day; reporting currency."""
    sql = _MEAN_ORDER.format(order_changes=scope.order_changes, persons=scope.persons)
    sales, order_days = con.execute(sql, {"day": day}).fetchall()[0]
    return float(round(sales / order_days, 4)) if order_days else 0.0
