"""Visits and carts of days, weeks and months, beside what was simulated."""

from __future__ import annotations

from mandje.simulate.visits.truth.carts import STATES
from mandje.simulate.world.sites import ALL_SITES
from mandje.truth.behaviour.visits import PEOPLE
from mandje.truth.tables.side_by_side import Pair

_CARTS = [f"{state}_cart_count" for state in STATES]
_CONVERTED = "count(*) filter (is_counted)"
_MICROSECONDS = "cast(sum(epoch_us(ended_at) - epoch_us(started_at)) as bigint)"

# The truth's own days; those without a visit or a cart have no row in it.
DAYS = Pair(
    "daily_kpis of visits",
    ["site", "kpi_date"],
    f"""
        select site, visit_date as kpi_date, session_count, visitor_count,
            page_view_count + product_view_count as page_view_count,
            session_count - engaged_session_count as bounce_count, {", ".join(_CARTS)},
            {" + ".join(_CARTS)} as cart_count,
            bounce_count / nullif(session_count, 0) as bounce_ratio,
            abandoned_cart_count
                / nullif(ordered_cart_count + recovered_cart_count + abandoned_cart_count, 0)
                as cart_abandonment_ratio
        from truth.daily_visits
    """,
    f"""
        select site, kpi_date, session_count, visitor_count, page_view_count, bounce_count,
            {", ".join(_CARTS)}, cart_count, bounce_ratio, cart_abandonment_ratio
        from shop.marts.daily_kpis where session_count <> 0 or cart_count <> 0
    """,
)


def _period(grain: str, table: str, start: str) -> Pair:
    """What needs every session; seconds are rounded half up to the microsecond."""
    return Pair(
        f"{table} of sessions",
        ["site", start],
        f"""
            with people as (
                select sessions.*, coalesce(orders.is_counted, false) as is_counted
                from truth.sessions as sessions
                left join truth.orders as orders on sessions.placed_order_id = orders.order_id
                where {PEOPLE}
            )

            select coalesce(site, '{ALL_SITES}') as site,
                cast(date_trunc('{grain}', started_date) as date) as {start},
                count(*) as session_count, count(distinct visitor_id) as visitor_count,
                count(*) filter (is_new_visitor) as new_visitor_count,
                {_CONVERTED} as order_session_count, {_CONVERTED} / count(*) as conversion_ratio,
                cast(sum(page_view_count + product_view_count) as bigint) / count(*)
                    as page_views_per_session,
                cast(
                    cast((2 * {_MICROSECONDS} + count(*)) // (2 * count(*)) as decimal(18, 0))
                    * 0.000001 as decimal(18, 6)
                ) as time_on_site_seconds
            from people group by grouping sets ((site, {start}), ({start}))
        """,
        f"""
            select site, {start}, session_count, visitor_count, new_visitor_count, order_session_count,
                conversion_ratio, page_views_per_session, time_on_site_seconds
            from shop.marts.{table} where session_count <> 0
        """,
    )


PERIODS = (
    _period("day", "daily_kpis", "kpi_date"),
    _period("week", "weekly_kpis", "week_start_date"),
    _period("month", "monthly_kpis", "month_start_date"),
)
