"""Reads from the warehouse what was known at a day of the past, and what came after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl

from mandje.predict.inputs.histories import FIRST_IS_FIRST, SHOP, Scope
from mandje.predict.inputs.minimum_data import HISTORY_DAYS, are_enough
from mandje.predict.models.holdouts import Cut, Holdout, inner_history_days
from mandje.predict.models.lessons import learn_from
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.models.stack import Lesson

ReadHoldout = Callable[[date, int], Holdout]

# The windows that the stack learns from: of as many seasons as fit, none older than needed.
_MOST_WINDOWS = 4
_BETWEEN_WINDOWS = 45
# The last rung of the ladder, seen from a window.
_EARLIER_DAYS = 30

# One row per distinct history with its future, in one order, so that sums and folds are the same every night.
# Orders, persons and money are what was known of them: at the cut, and of what came later at the end of the
# horizon; what was delivered after that counts as first told. A mean is rounded to the cent, half up, in
# whole numbers, as the inputs have it.
_HOLDOUT = """
with days as (
    select person_id, order_date, order_date <= $cut as is_before, sum(net_sales_amount) as amount
    from {order_changes}
    where
        (order_date <= $cut and known_from_date <= $cut and (known_until_date > $cut) is not false)
        or (order_date > $cut and happened_date <= $cut + $horizon
            and (known_until_date > $cut + $horizon) is not false)
    group by person_id, order_date
),

histories as (
    select
        person_id,
        count(*) filter (is_before) as order_days,
        min(order_date) filter (is_before) as first_order_date,
        max(order_date) filter (is_before) as last_order_date,
        arg_min(amount, order_date) filter (is_before) as first_amount,
        count(*) filter (is_before and amount > 0) as spend_days,
        sum(amount) filter (is_before and amount > 0) as spent,
        count(*) filter (is_before and order_date > $cut - $horizon) as recent_orders,
        count(*) filter (not is_before) as orders,
        sum(amount) filter (not is_before) as spend
    from days
    group by person_id
),

-- Guests who became known as a customer in the horizon: what came is found under the customer, and counts
-- once, with the customer where that one had ordered before.
merged as (
    select min(guests.person_id) as person_id, max(later.orders) as orders, max(later.spend) as spend
    from {persons} as guests
    inner join histories as later on guests.known_as_person_id = later.person_id
    where guests.known_as_person_id <> guests.person_id and later.order_days = 0
        and known_from_date <= $cut + $horizon and (known_until_date > $cut + $horizon) is not false
        and guests.person_id in (select person_id from histories where order_days > 0)
    group by later.person_id
),

-- Of the first order day nothing is repeated.
persons as (
    select
        order_days - 1 as frequency,
        last_order_date - first_order_date as recency_days,
        $cut - first_order_date + 1 as age_days,
        {first_is_first} as is_in_fit,
        spend_days - cast(first_amount > 0 as integer) as spend_days,
        spent - greatest(first_amount, 0) as spent,
        recent_orders - cast(first_order_date > $cut - $horizon as integer) as recent_orders,
        coalesce(merged.orders, histories.orders) as orders,
        coalesce(merged.spend, histories.spend, 0) as spend
    from histories
    inner join {persons} as known using (person_id)
    left join merged using (person_id)
    cross join (select min(history_start_date) as history_start_date from {inputs}) as inputs
    where order_days > 0 and has_consent
        and known.known_from_date <= $cut and (known.known_until_date > $cut) is not false
)

select
    frequency, recency_days, age_days, is_in_fit, spend_days,
    coalesce((cast(spent * 20000 as bigint) + 100 * spend_days) // nullif(200 * spend_days, 0) / 100, 0)
        as mean_spend,
    recent_orders, orders, cast(spend as double) as spend, count(*) as weight
from persons
group by all order by all
"""


def read_holdout(
    con: duckdb.DuckDBPyConnection, cut: date, horizon_days: int, scope: Scope = SHOP
) -> Holdout:
    """Histories of persons who may be profiled at the end of `cut`, and the horizon after it, in days."""
    sql = _HOLDOUT.format(
        inputs=scope.inputs,
        order_changes=scope.order_changes,
        persons=scope.persons,
        first_is_first=FIRST_IS_FIRST,
    )
    frame: pl.DataFrame = con.sql(sql, params={"cut": cut, "horizon": horizon_days}).pl()
    is_in_fit = frame["is_in_fit"].to_numpy().astype(np.bool_)
    columns = frame.drop("is_in_fit").cast(pl.Float64)
    x, t_x, age, spend_days, mean_spend, recent, orders, spend, weight = (each.to_numpy() for each in columns)
    return Holdout(
        patterns=PurchasePatterns(x, t_x, age, weight),
        is_in_fit=is_in_fit,
        spend_days=spend_days,
        mean_spend=mean_spend,
        recent_orders=recent,
        orders=orders,
        spend=spend,
        horizon=float(horizon_days),
        most_orders=horizon_days,
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
    """What forms may learn from at `cut`: the patterns known then, and windows before it."""
    return Past(partial(read_holdout, con, scope=scope), first_day, horizon_days).cut(cut, known)


class Past:
    """Cuts of one history. A window is read, and its model fitted, once, however many cuts learn from it."""

    def __init__(self, read: ReadHoldout, first_day: date, horizon_days: int) -> None:
        """What is read at all.

        Args:
            read: gives what was known at the end of a day, and what came in so many days after it.
            first_day: of the history.
            horizon_days: for which forecasts are wanted.
        """
        self._read, self._first_day, self._horizon_days = read, first_day, horizon_days
        self._lessons: dict[date, Lesson | None] = {}

    def cut(self, day: date, known: PurchasePatterns) -> Cut:
        """What forms may learn from at a day: the patterns known then, and windows before it."""
        history = (day - self._first_day).days + 1
        inner_history = inner_history_days(history, self._horizon_days)
        inner_day = self._first_day + timedelta(days=inner_history - 1)
        inner = partial(self._read, inner_day, history - inner_history)
        return Cut(known, inner, float(self._horizon_days), partial(self._lessons_before, day))

    def _lessons_before(self, day: date) -> list[Lesson]:
        """Those of the newest windows that are over by the day, as far as there is enough before them."""
        ends = [day - timedelta(days=_BETWEEN_WINDOWS * number) for number in range(_MOST_WINDOWS)]
        days = [end - timedelta(days=self._horizon_days) for end in ends]
        enough = [day for day in days if (day - self._first_day).days + 1 >= HISTORY_DAYS]
        return [lesson for day in enough if (lesson := self._lesson(day)) is not None]

    def _lesson(self, day: date) -> Lesson | None:
        if day not in self._lessons:
            held = self._read(day, self._horizon_days)
            earlier = day - timedelta(days=_EARLIER_DAYS)
            self._lessons[day] = (
                learn_from(held.where(held.is_in_fit), lambda: self._read(earlier, 1).known)
                if are_enough(held.known)
                else None
            )
        return self._lessons[day]
