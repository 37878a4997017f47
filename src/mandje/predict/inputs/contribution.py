"""What a site's orders leave once the goods are paid for, and how much of that is the person's own.

A person's ratio of goods contribution to net sales is drawn to the site's: a share Z = S / (S + K) of it is
the own one, with S the person's net sales, and K fitted by moments, of orders within persons and of persons
among each other (Bühlmann & Straub 1970, Glaubwürdigkeit für Schadensätze; Bühlmann & Gisler 2005, A Course
in Credibility Theory, chapter 4). Net sales are the volume: the larger an order, the less its ratio varies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from mandje.predict.inputs.histories import SHOP, Scope

# K in mean orders: from one, so that no single order speaks for a person, to a thousand, where nobody's does.
_LEAST_ORDERS, _MOST_ORDERS = 1, 1000

# A product of doubles becomes a decimal per person before it is summed: the order of rows does not matter.
_MOMENTS = """
select
    home_site,
    count(*) filter (kept_sales_amount > 0),
    sum(sales_order_count),
    sum(kept_sales_amount),
    sum(goods_contribution_amount),
    sum(contribution_square_amount),
    sum(cast(cast(goods_contribution_amount as double) * cast(goods_contribution_amount as double)
        / nullif(cast(kept_sales_amount as double), 0) as decimal(24, 6))),
    sum(cast(cast(kept_sales_amount as double) * cast(kept_sales_amount as double) as decimal(38, 4))),
    sum(order_cost_amount),
    sum(frequency + 1)
from {inputs}
where has_consent
group by home_site
order by home_site
"""


@dataclass(frozen=True)
class SiteMoney:
    """What the orders of a site leave.

    Attributes:
        contribution_ratio: goods contribution per net sales, -1..1.
        credibility_amount: K, net sales at which half of a person's ratio is the own one; reporting currency.
        order_cost_amount: shipping, handling and service less shipping charged, per order day.
    """

    contribution_ratio: float
    credibility_amount: float
    order_cost_amount: float


@dataclass(frozen=True)
class Moments:
    """Sums over persons with net sales, and their orders with net sales.

    Attributes:
        persons: how many.
        orders: how many.
        sales: net sales.
        contribution: goods contribution.
        order_squares: contribution squared over net sales, of every order.
        person_squares: the same of every person.
        sales_squares: net sales squared, of every person.
    """

    persons: int
    orders: int
    sales: float
    contribution: float
    order_squares: float
    person_squares: float
    sales_squares: float


def read_site_money(con: duckdb.DuckDBPyConnection, scope: Scope = SHOP) -> dict[str, SiteMoney]:
    """Per home site of persons who may be profiled."""
    found = {}
    for site, persons, orders, *sums, cost, order_days in con.execute(
        _MOMENTS.format(inputs=scope.inputs)
    ).fetchall():
        moments = Moments(persons, int(orders), *(float(each or 0) for each in sums))
        found[site] = SiteMoney(
            contribution_ratio=round(site_ratio(moments), 6),
            credibility_amount=round(credibility_amount(moments), 4),
            order_cost_amount=float(round(Decimal(cost) / int(order_days), 4)),
        )
    return found


def site_ratio(moments: Moments) -> float:
    """Goods contribution per net sales; nothing is left where nothing was sold for good."""
    return moments.contribution / moments.sales if moments.sales > 0 else 0.0


def credibility_amount(moments: Moments) -> float:
    """K, bounded; at its most where persons differ by no more than their orders do."""
    if moments.orders == 0:
        return 1.0
    mean_order = moments.sales / moments.orders
    least, most = _LEAST_ORDERS * mean_order, _MOST_ORDERS * mean_order
    return min(max(fitted_credibility(moments), least), most)


def fitted_credibility(moments: Moments) -> float:
    """K as fitted: variance of an order's ratio per unit of net sales, over the variance among persons."""
    repeats = moments.orders - moments.persons
    volume = moments.sales - moments.sales_squares / moments.sales
    if repeats == 0 or volume <= 0:
        return math.inf
    within = max(moments.order_squares - moments.person_squares, 0.0) / repeats
    spread = moments.person_squares - moments.contribution**2 / moments.sales
    excess = spread - (moments.persons - 1) * within
    return within * volume / excess if excess > 0 else math.inf
