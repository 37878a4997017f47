"""Reads from the warehouse what was known at a day of the past, and what came after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

import duckdb
import numpy as np
import polars as pl

from mandje.predict.inputs.histories import FIRST_IS_FIRST, INPUTS, SHOP, Scope
from mandje.predict.inputs.minimum_data import HISTORY_DAYS, are_enough
from mandje.predict.models.holdouts import Cut, Holdout, inner_history_days
from mandje.predict.models.ladder import EARLIER_DAYS
from mandje.predict.models.lessons import learn_from
from mandje.predict.models.parameters import PurchasePatterns
from mandje.predict.models.stack import Lesson

ReadHoldout = Callable[[date, int], Holdout]

# The windows that the stack learns from: of as many seasons as fit, none older than needed.
_MOST_WINDOWS = 4
_BETWEEN_WINDOWS = 45

# One row per distinct history with its futures, in one order, so that sums and folds are the same each night.
# Orders, persons and money are what was known of them: at the cut, and of what came later at the end of the
# horizon; what was delivered after that counts as first told. A mean is rounded to the cent, half up, in
# whole numbers, as the inputs have it.
_HOLDOUTS = """
with days as (
    select
        person_id, order_date, order_date <= $cut as is_before,
        sum(net_sales_amount) filter (order_date <= $cut) as amount,
        {amounts}
    from {order_changes}
    where (order_date <= $cut and known_from_date <= $cut and (known_until_date > $cut) is not false)
        or {later}
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
        {sums}
    from days
    group by person_id
),

-- Guests who became known as a customer: what came since is found under the customer, and counts once, with
-- the customer where that one had ordered before.
renamed as materialized (
    select
        guests.person_id, guests.known_from_date, guests.known_until_date,
        later.* rename (person_id as later_id)
    from {persons} as guests
    inner join histories as later on guests.known_as_person_id = later.person_id
    where guests.known_as_person_id <> guests.person_id and later.order_days = 0
        and guests.person_id in (select person_id from histories where order_days > 0)
),

{merged}

-- Of the first order day nothing is repeated.
persons as (
    select
        order_days - 1 as frequency,
        last_order_date - first_order_date as recency_days,
        $cut - first_order_date + 1 as age_days,
        {first_is_first} as is_in_fit,
        spend_days - cast(first_amount > 0 as integer) as spend_days,
        spent - greatest(first_amount, 0) as spent,
        {columns}
    from histories
    inner join {persons} as known on histories.person_id = known.person_id
    {joins}
    cross join (select min(history_start_date) as history_start_date from {inputs}) as inputs
    where order_days > 0 and has_consent
        and known.known_from_date <= $cut and (known.known_until_date > $cut) is not false
)

select
    * exclude (spent),
    coalesce((cast(spent * 20000 as bigint) + 100 * spend_days) // nullif(200 * spend_days, 0) / 100, 0)
        as mean_spend,
    count(*) as weight
from persons
group by all order by all
"""
# Of one horizon, named by its days.
_LATER = """\
(order_date > $cut and happened_date <= $cut + {days} and (known_until_date > $cut + {days}) is not false)"""
_AMOUNT = "sum(net_sales_amount) filter {later} as amount_{days}"
_SUMS = """\
count(*) filter (is_before and order_date > $cut - {days}) as recent_{days},
        count(*) filter (amount_{days} is not null) as orders_{days},
        sum(amount_{days}) as spend_{days}"""
_MERGED = """\
merged_{days} as (
    select min(person_id) as person_id, max(orders_{days}) as orders, max(spend_{days}) as spend
    from renamed
    where orders_{days} > 0
        and known_from_date <= $cut + {days} and (known_until_date > $cut + {days}) is not false
    group by later_id
),
"""
_COLUMNS = """\
recent_{days} - cast(first_order_date > $cut - {days} as integer) as recent_orders_{days},
        coalesce(merged_{days}.orders, orders_{days}) as orders_{days},
        cast(coalesce(merged_{days}.spend, spend_{days}, 0) as double) as spend_{days}"""
_JOIN = "left join merged_{days} on histories.person_id = merged_{days}.person_id"


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
    def of_each(part: str, between: str) -> str:
        return between.join(part.format(days=days, later=_LATER.format(days=days)) for days in horizons)

    return _HOLDOUTS.format(
        order_changes=scope.order_changes,
        persons=scope.persons,
        first_is_first=FIRST_IS_FIRST,
        inputs=INPUTS,
        amounts=of_each(_AMOUNT, ",\n        "),
        later=of_each(_LATER, "\n        or "),
        sums=of_each(_SUMS, ",\n        "),
        merged=of_each(_MERGED, "\n"),
        columns=of_each(_COLUMNS, ",\n        "),
        joins=of_each(_JOIN, "\n    "),
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
            earlier = day - timedelta(days=EARLIER_DAYS)
            self._lessons[day] = (
                learn_from(held.where(held.is_in_fit), lambda: self._read(earlier, 1).known)
                if are_enough(held.known)
                else None
            )
        return self._lessons[day]
