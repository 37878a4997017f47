"""The figures that are looked at every night: what they count, and by what they are cut.

Each is one query on the marts that gives days: `day`, `site`, `cut`, and what its measure adds up. Both the
judgement and the numbers of a sentence are read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["ratio", "per", "level", "spend", "cost", "value"]
Cut = Literal["device", "channel", "sales_channel", "none"]

ALL = "(all)"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, by site and by `cut`, on all of them and on each.

    `daily` may name `{as_of_date}`, where what ripens is counted as it was known then.

    `measure` says how it is judged: `ratio` a part of `tries`, `per` events for each of `tries`, `level`
    events a day, `spend` money a day that a person decides on, `cost` money for each of `tries`, `value`
    money of each event. No news is a change smaller than `smallest_change`, as a part of what was before, or
    a difference of two ratios below `smallest_points`. `bad_way` is the way that somebody must act on. By its
    `weight` a figure has more or less of a night's chance of a false sentence: what a shop lives by is seen
    earlier.
    """

    name: str
    section: str
    measure: Measure
    cut: Cut
    daily: str
    bad_way: Literal[-1, 1]
    smallest_change: float = 0.15
    smallest_points: float = 0.0
    weight: float = 1.0


_SESSIONS = """
SELECT session_date AS day, site, coalesce(device_category, '(unknown)') AS cut,
    count(*) FILTER ({hit}) AS hits, count(*) FILTER ({tried}) AS tries
FROM marts.sessions
GROUP BY ALL
"""
_ADDED, _AT_CHECKOUT, _ORDERED = "add_to_cart_count > 0", "has_begin_checkout", "order_count > 0"


def _sessions(hit: str, tried: str) -> str:
    return _SESSIONS.format(hit=f"{hit} AND {tried}", tried=tried)


# At equal maturity: a cart is left that was not ordered by the end of its week, which ends on the weekday of
# the as-of day as the windows do; an hour more, as what is ordered at once may end after midnight.
_CARTS = """
SELECT opened_date AS day, site, coalesce(first_device_category, '(unknown)') AS cut,
    count(*) FILTER (NOT is_ordered) AS hits, count(*) AS tries
FROM (
    SELECT *,
        state IN ('ordered', 'recovered') AND epoch(ordered_at) - epoch(opened_at)
            <= 3600 + 86400 * (date_diff('day', opened_date, DATE '{as_of_date}') % 7) AS is_ordered
    FROM marts.carts
    WHERE state IN ('ordered', 'recovered', 'abandoned') AND opened_date <= DATE '{as_of_date}'
)
GROUP BY ALL
"""
_CARTS_A_VISIT = f"""
SELECT day, site, cut, sum(hits) AS hits, sum(tries) AS tries
FROM (
    SELECT day, site, cut, hits, 0 AS tries
    FROM ({_CARTS})
    UNION ALL
    SELECT session_date, site, coalesce(device_category, '(unknown)'), 0, count(*)
    FROM marts.sessions
    GROUP BY ALL
)
GROUP BY ALL
"""
_ORDERS = """
SELECT order_date AS day, site, sales_channel AS cut, count(*) AS hits
FROM marts.orders
WHERE is_counted
GROUP BY ALL
"""
_VISITS = """
SELECT session_date AS day, site, channel AS cut, count(*) AS hits
FROM marts.sessions
GROUP BY ALL
"""
_NEW_CUSTOMERS = """
SELECT kpi_date AS day, site, '(none)' AS cut, new_customer_count AS hits, customer_count AS tries
FROM marts.daily_kpis
WHERE site <> '(all)'
"""
_ORDER_VALUES = """
SELECT order_date AS day, site, sales_channel AS cut, count(*) AS tries,
    sum(CAST(ln(gross_sales_amount - discount_amount) AS DECIMAL(18, 9))) AS hits,
    sum(CAST(ln(gross_sales_amount - discount_amount) ** 2 AS DECIMAL(18, 9))) AS squares,
    sum(gross_sales_amount - discount_amount) AS amount
FROM marts.orders
WHERE is_counted AND gross_sales_amount > discount_amount
GROUP BY ALL
"""
_SPEND = """
SELECT channel_date AS day, site, channel AS cut, spend_amount AS hits
FROM marts.daily_channels
WHERE site <> '(all)' AND channel <> '(all)' AND spend_amount > 0
"""

_COST_A_VISIT = """
SELECT channel_date AS day, site, channel AS cut, spend_amount AS hits, session_count AS tries
FROM marts.daily_channels
WHERE site <> '(all)' AND channel <> '(all)' AND spend_amount > 0 AND session_count > 0
"""
_RETURNS = """
SELECT return_date AS day, site, '(none)' AS cut, count(DISTINCT return_id) AS hits
FROM marts.returns
WHERE is_counted
GROUP BY ALL
"""

FIGURES = (
    Figure("conversion", "funnel", "ratio", "device", _sessions(_ORDERED, "true"), -1, weight=6.0),
    Figure("paid", "funnel", "ratio", "device", _sessions(_ORDERED, _AT_CHECKOUT), -1, weight=0.5),
    Figure("checkouts", "funnel", "ratio", "device", _sessions(_AT_CHECKOUT, _ADDED), -1, weight=0.5),
    Figure("added", "funnel", "ratio", "device", _sessions(_ADDED, "true"), -1, weight=0.5),
    Figure("carts_left", "carts", "ratio", "device", _CARTS, 1, 0.0, smallest_points=0.03, weight=3.0),
    Figure("carts_left_a_visit", "carts", "per", "device", _CARTS_A_VISIT, 1),
    Figure("orders", "sales", "level", "sales_channel", _ORDERS, -1),
    Figure("visits", "channels", "level", "channel", _VISITS, -1),
    Figure("new_customers", "customers", "ratio", "none", _NEW_CUSTOMERS, -1, weight=0.5),
    Figure("order_value", "sales", "value", "sales_channel", _ORDER_VALUES, -1, 0.10),
    Figure("spend", "channels", "spend", "channel", _SPEND, 1, 0.30),
    Figure("cost_a_visit", "channels", "cost", "channel", _COST_A_VISIT, 1, 0.30),
    Figure("returns", "returns", "level", "none", _RETURNS, 1),
)
PRODUCTS_WEIGHT = 5.0  # of products that come back
_ALL_WEIGHTS = sum(figure.weight for figure in FIGURES) + PRODUCTS_WEIGHT


def share(weight: float) -> float:
    """The part of a night's chance of a false sentence that a figure of this weight has."""
    return weight / _ALL_WEIGHTS


COLUMNS: dict[Measure, tuple[str, ...]] = {
    "ratio": ("hits", "tries"),
    "per": ("hits", "tries"),
    "level": ("hits",),
    "spend": ("hits",),
    "cost": ("hits", "tries"),
    "value": ("hits", "tries", "squares", "amount"),
}
