"""Reads from the warehouse what was known at a day of the past, and what came after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl

from mandje.predict.inputs.histories import KNOWN_PERSONS, SHOP, Scope
from mandje.predict.inputs.minimum_data import CUSTOMERS, HISTORY_DAYS
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
        count(*) filter (is_repeat and amount > 0) as spend_days,
        sum(amount) filter (is_repeat and amount > 0) as spent,
        count(*) filter (is_repeat and order_date > $cut - $horizon) as recent_orders
    from (select *, order_date > min(order_date) over (partition by person_id) as is_repeat from days) as days
    group by person_id
),

came as (
    select person_id, count(distinct order_date) as orders, sum(net_sales_amount) as spend
    from {order_changes}
    where order_date > $cut and order_date <= $cut + $horizon
        and happened_date <= $cut + $horizon and (known_until_date > $cut + $horizon) is not false
    group by person_id
),

-- Guests who became known as a customer in the horizon: what came is found under the customer, and is
-- counted once, with the customer where that one had ordered before.
merged as (
    select min(person_id) as person_id, known_as_person_id
    from {persons}
    where known_as_person_id <> person_id
        and known_from_date <= $cut + $horizon and (known_until_date > $cut + $horizon) is not false
        and person_id in (select person_id from histories)
        and known_as_person_id not in (select person_id from histories)
    group by known_as_person_id
),

persons as (
    select
        histories.*,
        (left_truncation_days = 0 or (
            first_order_date - history_start_date >= left_truncation_days
            and coalesce(first_seen_date >= history_start_date, true)
        )) is true as is_in_fit,
        coalesce(merged.known_as_person_id, person_id) as later_person_id
    from histories
    inner join {persons} as known using (person_id)
    left join merged using (person_id)
    cross join (select min(history_start_date) as history_start_date from {inputs}) as inputs
    where known.known_from_date <= $cut and (known.known_until_date > $cut) is not false and has_consent
)

select
    frequency, last_order_date - first_order_date as recency_days, $cut - first_order_date + 1 as age_days,
    is_in_fit, spend_days,
    coalesce((cast(spent * 20000 as bigint) + 100 * spend_days) // (200 * spend_days) / 100, 0) as mean_spend,
    recent_orders, coalesce(orders, 0) as orders, coalesce(cast(spend as double), 0) as spend,
    count(*) as weight
from persons
left join came on later_person_id = came.person_id
group by all order by all
"""


def read_holdout(
    con: duckdb.DuckDBPyConnection, cut: date, horizon_days: int, scope: Scope = SHOP
) -> Holdout:
    """Histories of persons who may be profiled at the end of `cut`, and the horizon after it, in days."""
    sql = _HOLDOUT.format(inputs=scope.inputs, order_changes=scope.order_changes, persons=KNOWN_PERSONS)
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
                if held.known.customers >= CUSTOMERS
                else None
            )
        return self._lessons[day]
