"""Carts and their days, beside what was simulated: every cart's fate and worth."""

from __future__ import annotations

from mandje.simulate.visits.truth.carts import STATES
from mandje.simulate.world.sites import ALL_SITES, SITES
from mandje.truth.tables.side_by_side import Pair

_ZONES = " ".join(f"when '{site.name}' then '{site.time_zone}'" for site in SITES)
_ALIKE = "last_touched_at, state, order_id, session_count, visitor_count, channel"


def _local_day(moment: str) -> str:
    """The day of a moment on the clock of the row's site."""
    return f"cast({moment} at time zone (case site {_ZONES} end) as date)"


# Hours in whole microseconds: what both sides were counted in.
CARTS = Pair(
    "carts",
    ["shopper_id", "site", "opened_at"],
    f"""
        select shopper_kind || ':' || shopper_id as shopper_id, site, opened_at, {_ALIKE},
            {_local_day("opened_at")} as opened_date,
            case when shopper_kind = 'customer' then shopper_id end as customer_id,
            case when stage = 'ordered' then 'purchase' else stage end as stage,
            cast(round(recovery_hours * 3600000000) as bigint) as us_to_recovery,
            cast(most_items as decimal(18, 4)) as fullest_quantity,
            cast(items_at_end as decimal(18, 4)) as end_quantity,
            most_value_reporting_amount as fullest_amount, value_at_end_reporting_amount as end_amount,
            len(string_split(devices, '+')) as device_category_count
        from truth.carts
    """,
    f"""
        select shopper_id, site, opened_at, {_ALIKE}, opened_date, customer_id, stage,
            cast(round(hours_to_recovery * 3600000000) as bigint) as us_to_recovery,
            fullest_quantity, end_quantity, fullest_amount, end_amount, device_category_count
        from shop.marts.carts
    """,
)

_COUNTS = (
    "cart_count",
    *(f"{state}_cart_count" for state in STATES),
    "checkout_cart_count",
    "abandoned_checkout_cart_count",
    "unvalued_cart_count",
    "order_without_cart_count",
)
_AMOUNTS = ("abandoned_amount", "recovered_amount")
_CART_DAYS = f"""
    with rows as (
        select site, {_local_day("opened_at")} as cart_date, state, stage <> 'cart' as is_checkout,
            value_at_end_reporting_amount as amount, false as is_order
        from truth.carts
        union all
        select site, {_local_day("ordered_at")}, null, false, null, true
        from truth.orders
        where channel = 'online' and status not in ('failed', 'test')
            and order_id not in (select order_id from truth.carts where order_id is not null)
    )

    select coalesce(site, '{ALL_SITES}') as site, cart_date,
        count(*) filter (not is_order) as cart_count,
        {", ".join(f"count(*) filter (state = '{state}') as {state}_cart_count" for state in STATES)},
        count(*) filter (is_checkout and state not in ('emptied', 'open')) as checkout_cart_count,
        count(*) filter (is_checkout and state = 'abandoned') as abandoned_checkout_cart_count,
        cast(0 as bigint) as unvalued_cart_count,
        count(*) filter (is_order) as order_without_cart_count,
        cast(coalesce(sum(amount) filter (state = 'abandoned'), 0) as decimal(18, 4)) as abandoned_amount,
        cast(coalesce(sum(amount) filter (state = 'recovered'), 0) as decimal(18, 4)) as recovered_amount,
        abandoned_cart_count
            / nullif(ordered_cart_count + recovered_cart_count + abandoned_cart_count, 0)
            as cart_abandonment_ratio,
        abandoned_checkout_cart_count / nullif(checkout_cart_count, 0) as checkout_abandonment_ratio
    from rows
    group by grouping sets ((site, cart_date), (cart_date))
"""

# Days on which nothing happened have no row in the truth. Everything simulated has a price and a rate.
CART_DAYS = Pair(
    "daily_cart_abandonment",
    ["site", "cart_date"],
    _CART_DAYS,
    f"""
        select site, cart_date, {", ".join((*_COUNTS, *_AMOUNTS))}, cart_abandonment_ratio,
            checkout_abandonment_ratio
        from shop.marts.daily_cart_abandonment
        where {" or ".join(f"{name} <> 0" for name in (*_COUNTS, *_AMOUNTS))}
    """,
)
