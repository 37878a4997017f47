"""Carts: what was left in them, and what came back by itself."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section

_PERIODS = """
SELECT
    CASE WHEN cart_date > $as_of_date - 7 THEN 'last_7_days' ELSE 'week_before' END AS period_code,
    min(cart_date) AS first_day,
    max(cart_date) AS last_date,
    sum(cart_count) AS cart_count,
    sum(ordered_cart_count + recovered_cart_count + abandoned_cart_count) AS over_count,
    sum(abandoned_cart_count) AS left_count,
    CAST(sum(abandoned_cart_count) AS DOUBLE)
    / nullif(sum(ordered_cart_count + recovered_cart_count + abandoned_cart_count), 0) AS cart_left_ratio,
    sum(abandoned_amount) AS left_amount,
    sum(recovered_cart_count) AS came_back_count,
    sum(recovered_amount) AS came_back_amount
FROM marts.daily_cart_abandonment
WHERE site = '(all)' AND cart_date BETWEEN $as_of_date - 13 AND $as_of_date
GROUP BY period_code
ORDER BY period_code
"""
_PRODUCTS = """
SELECT
    coalesce(product_name, product_id) AS product_name,
    abandoned_cart_count AS left_count,
    abandoned_amount AS left_amount,
    bought_later_ratio,
    (SELECT min(cart_date) FROM marts.daily_cart_abandonment WHERE site = '(all)') AS since_date
FROM marts.abandoned_products
WHERE site = '(all)' AND abandoned_amount > 0
ORDER BY abandoned_amount DESC NULLS LAST, product_id
LIMIT 10
"""


def carts(report: Report) -> Section:
    """What was left in carts."""
    periods, products = report.ask("cart_periods", _PERIODS), report.ask("cart_products", _PRODUCTS)
    if not any(periods.column("cart_count")) and not products.rows:
        return Section("carts", waits_for=("session_events",))
    now = next((one for one in periods.records() if one["period_code"] == "last_7_days"), {})
    return Section("carts", _answer(report, now), _picture(report, products), (periods, products))


def _answer(report: Report, now: dict[str, Any]) -> Markup:
    if not now.get("cart_count"):
        return report.answer("answer_carts_none")
    names = ("first_day", "last_date", "left_count", "left_amount", "over_count", "cart_left_ratio")
    left = report.answer("answer_carts_left", **{name: now[name] for name in names})
    if not now["came_back_count"]:
        return left + report.answer("answer_carts_none_back")
    back = {name: now[name] for name in ("came_back_count", "came_back_amount")}
    return left + report.answer("answer_carts_came_back", **back)


def _picture(report: Report, products: Figures) -> Markup | None:
    """Products by the value left; a column that is nothing but 0 is left out."""
    if not products.rows:
        return None
    shown = [name for name in products.columns if any(products.column(name)) and name != "since_date"]
    said = report.say("picture_carts", since_date=products.column("since_date")[0])
    return bar_table(report, products, Bars(shown, bar="left_amount"), said, said)
