"""Sessions, visitors and what brought orders, beside what was simulated: to the last row."""

from __future__ import annotations

from mandje.truth.tables.side_by_side import Pair

# Robots and staff are in no mart: `excluded_traffic` counts them.
PEOPLE = "not is_bot and not is_internal"
_STEPS = ("begin_checkout", "add_shipping", "add_payment")
_ALIKE = """
    visitor_id, site, started_at, ended_at, channel, last_non_direct_channel, first_touch_channel, campaign,
    device_category, country_code, landing_page_path, landing_page_type, event_count, product_view_count,
    is_engaged, is_new_visitor, is_new_to_site
"""
_SHOPPER = "coalesce('customer:' || owner_id, 'visitor:' || visitor_id)"

# No simulated page is viewed in both ways right after each other: each event that views counts.
SESSIONS = Pair(
    "sessions",
    ["session_id"],
    f"""
        select sha256(first_event_id) as session_id, {_ALIKE}, started_date as session_date,
            {_SHOPPER} as shopper_id, owner_id as customer_id,
            coalesce(source, '(direct)') as source, coalesce(medium, '(none)') as medium,
            page_view_count + product_view_count as page_view_count,
            has_product_view, has_add_to_cart, has_purchase,
            {", ".join(f"has_{step}" for step in _STEPS)}
        from truth.sessions where {PEOPLE}
    """,
    f"""
        select session_id, {_ALIKE}, session_date, shopper_id, customer_id, source, medium, page_view_count,
            product_view_count > 0 as has_product_view, add_to_cart_count > 0 as has_add_to_cart,
            purchase_count > 0 as has_purchase, {", ".join(f"has_{step}" for step in _STEPS)}
        from shop.marts.sessions
    """,
)

VISITORS = Pair(
    "visitors",
    ["visitor_id"],
    f"""
        select visitor_id, customer_id, is_shared, first_seen_at, last_seen_at, session_count
        from truth.visitors where visitor_id in (select visitor_id from truth.sessions where {PEOPLE})
    """,
    """
        select visitor_id, min_by(customer_id, started_at) as customer_id,
            count(distinct customer_id) > 1 as is_shared, min(started_at) as first_seen_at,
            max(ended_at) as last_seen_at, count(*) as session_count
        from shop.marts.sessions group by visitor_id
    """,
)

EXCLUDED_TRAFFIC = Pair(
    "excluded_traffic",
    ["site", "session_date", "exclusion_reason"],
    f"""
        select site, started_date as session_date,
            case kind
                when 'flagged_bot' then 'bot'
                when 'long_bot' then 'too_long'
                when 'fast_bot' then 'superhuman'
                when 'staff' then 'internal_host'
            end as exclusion_reason,
            count(*) as session_count, cast(sum(event_count) as bigint) as event_count
        from truth.sessions where not ({PEOPLE}) group by all
    """,
    """
        select site, session_date, exclusion_reason, session_count, event_count
        from shop.marts.excluded_traffic
    """,
)

_CHANNELS = ("session_id", "channel", "last_non_direct_channel", "first_touch_channel")
_TOLD = "attributed_by in ('purchase_event', 'visitor')"

# An order whose purchase event got lost is its visitor's, in the same session. What phone orders follow, and
# orders of which nothing was recorded, the truth does not know: counted, and no more.
ORDER_CHANNELS = Pair(
    "channels of orders",
    ["order_id"],
    f"""
        select orders.order_id,
            case
                when orders.channel = 'store' then 'offline'
                when sessions.order_id is not null then 'purchase_event'
                when sessions.placed_order_id is not null then 'visitor'
                else 'otherwise'
            end as attributed_by,
            sha256(sessions.first_event_id) as session_id, sessions.channel, sessions.last_non_direct_channel,
            sessions.first_touch_channel
        from truth.orders as orders
        left join (select * from truth.sessions where {PEOPLE}) as sessions
            on orders.order_id = sessions.placed_order_id
    """,
    f"""
        select order_id,
            case when {_TOLD} or attributed_by = 'offline' then attributed_by else 'otherwise' end
                as attributed_by,
            {", ".join(f"case when {_TOLD} then {name} end as {name}" for name in _CHANNELS)}
        from shop.marts.orders
    """,
)
