"""Behaviour of visitors: all of it beside the truth."""

from __future__ import annotations

from mandje.shop.settings import Shop
from mandje.simulate import truth_files
from mandje.truth.behaviour import carts, funnel, kpis, visits
from mandje.truth.tables.cells import Compared
from mandje.truth.tables.files import Truth
from mandje.truth.tables.side_by_side import compare_pair, side_by_side

_FILES = (
    truth_files.SESSIONS,
    truth_files.VISITORS,
    truth_files.CARTS,
    truth_files.DAILY_VISITS,
    truth_files.ORDERS,
)
_PAIRS = (
    visits.SESSIONS,
    visits.VISITORS,
    visits.EXCLUDED_TRAFFIC,
    visits.ORDER_CHANNELS,
    carts.CARTS,
    carts.CART_DAYS,
    funnel.DAYS,
    funnel.GROUPS,
    kpis.DAYS,
    *kpis.PERIODS,
)


def compare_behaviour(shop: Shop, truth: Truth) -> list[Compared]:
    """Sessions, visitors, excluded traffic, what brought orders, carts, funnels, and KPIs."""
    with side_by_side(shop, truth, _FILES) as con:
        return [compare_pair(con, pair) for pair in _PAIRS]
