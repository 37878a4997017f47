"""What visitors did in the last 7 days, beside the 7 days before: for the closing screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop

# weeks_ago: 0 = the 7 days that end with the as-of day, the last one that KPIs show. Only weeks of which the
# history holds every day, also where a site in the west has not ended the last one.
_WEEKS = """
    select cast(last.kpi_date - days.kpi_date as integer) // 7 as weeks_ago,
        sum(session_count) as sessions, sum(order_session_count) as order_sessions,
        sum(carts.abandoned_cart_count) as left_carts,
        sum(carts.ordered_cart_count + carts.recovered_cart_count + carts.abandoned_cart_count) as carts,
        sum(carts.abandoned_amount) as left_amount,
        count(*) filter (days.has_missing_delivery) as lacking_days
    from marts.daily_kpis as days
    inner join marts.daily_cart_abandonment as carts
        on days.site = carts.site and days.kpi_date = carts.cart_date
    cross join (select max(kpi_date) as kpi_date from marts.daily_kpis) as last
    where days.site = '(all)' and days.kpi_date > last.kpi_date - 14
    group by weeks_ago having count(*) = 7 order by weeks_ago
"""
# A snapshot of an earlier version may have no carts, and cannot say which days are whole.
_CAN_TELL = """
    select count(*) = 2 as can_tell from duckdb_columns()
    where schema_name = 'marts' and (table_name, column_name) in (
        ('daily_cart_abandonment', 'abandoned_amount'), ('daily_kpis', 'has_missing_delivery')
    )
"""


def last_week(shop: Shop) -> Iterator[tuple[str, str]]:
    """Sessions, conversion and carts left behind; nothing for a shop without visits or a week of days.

    A week that lacks an expected delivery is not compared: that is said in place of its figures.
    """
    if not query_snapshot(shop, _CAN_TELL)["can_tell"].item():
        return
    weeks = {row["weeks_ago"]: row for row in query_snapshot(shop, _WEEKS).iter_rows(named=True)}
    if 0 not in weeks or not weeks[0]["sessions"]:
        return
    now, before = weeks[0], weeks.get(1)
    if now["lacking_days"]:
        yield "last 7 days", f"not whole: {now['lacking_days']} of them lack an expected delivery"
        return
    if before and before["lacking_days"]:
        before = None
    currency = shop.settings.reporting_currency
    visits = _visits(now, " sessions") + (" with an order" if now["order_sessions"] is not None else "")
    carts = f"{_carts(now)} {currency} in them"
    yield "last 7 days", visits + (f"; 7 days before: {_visits(before)}" if before else "")
    yield "carts left so far", carts + (f"; 7 days before: {_carts(before)}" if before else "")


def _visits(week: Mapping[str, Any], unit: str = "") -> str:
    """Without orders it is not known how many sessions had one."""
    count, ordered = f"{week['sessions']:,}{unit}", week["order_sessions"]
    return count if ordered is None else f"{count}, {_percent(ordered, week['sessions'])}"


def _carts(week: Mapping[str, Any]) -> str:
    share = _percent(week["left_carts"], week["carts"])
    return f"{week['left_carts']:,} of {week['carts']:,} ({share}), {week['left_amount']:,.2f}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"
