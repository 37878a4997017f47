"""Products that come back: what was sold, what came back of it, and the profit before and after."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from mandje.report.figures import Figures
from mandje.report.pictures.bars import Bars, bar_table
from mandje.report.section import Report, Section

# Months whose orders had 30 days or more to come back. Promised is the contribution before returns, kept the
# one after.
_SOLD = """
WITH sold AS (
    SELECT
        product_id,
        max(product_name) AS product_name,
        sum(sold_amount) AS sold_amount,
        sum(return_count) AS return_count,
        sum(returned_amount) AS returned_amount,
        CAST(sum(returned_amount) AS DOUBLE) / nullif(sum(sold_amount), 0) AS return_ratio,
        sum(contribution_before_returns_amount) AS promised_amount,
        sum(cost_of_goods_returned_amount) AS restocked_amount,
        sum(handling_cost_amount) AS handling_amount,
        sum(net_contribution_amount) AS kept_amount
    FROM marts.product_returns
    WHERE site = '(all)' AND is_return_ratio_mature AND month_start_date >= $as_of_date - INTERVAL 13 MONTH
    GROUP BY product_id
)
"""
_TOTAL = f"""{_SOLD}
SELECT
    sum(sold_amount) AS sold_amount,
    sum(returned_amount) AS returned_amount,
    CAST(sum(returned_amount) AS DOUBLE) / nullif(sum(sold_amount), 0) AS return_ratio,
    sum(promised_amount) AS promised_amount,
    sum(kept_amount) AS kept_amount,
    count(*) FILTER (WHERE promised_amount >= 0 AND kept_amount < 0) AS lost_by_returns_count
FROM sold
"""
_PRODUCTS = f"""{_SOLD}
SELECT
    coalesce(product_name, product_id) AS product_name,
    sold_amount,
    returned_amount,
    return_ratio,
    promised_amount,
    restocked_amount,
    handling_amount,
    kept_amount,
    CASE
        WHEN promised_amount < 0 THEN 'lost_before_returns'
        WHEN kept_amount < 0 THEN 'lost_by_returns'
        ELSE 'earns'
    END AS verdict_code
FROM sold
WHERE return_count >= 3 AND sold_amount > 0
ORDER BY returned_amount DESC NULLS LAST, product_id
LIMIT 10
"""
_LOST = f"""{_SOLD}
SELECT coalesce(product_name, product_id) AS product_name, promised_amount, kept_amount
FROM sold
WHERE promised_amount >= 0 AND kept_amount < 0
ORDER BY kept_amount, product_id
LIMIT 3
"""
_RECENT = """
SELECT
    coalesce(max(products.product_name), came_back.product_id) AS product_name,
    count(DISTINCT came_back.return_id) AS return_count,
    sum(came_back.returned_amount) AS returned_amount
FROM marts.returns AS came_back
LEFT JOIN marts.products AS products ON came_back.product_id = products.product_id
WHERE came_back.is_counted AND came_back.return_date BETWEEN $as_of_date - 27 AND $as_of_date
GROUP BY came_back.product_id
ORDER BY return_count DESC, returned_amount DESC NULLS LAST, came_back.product_id
LIMIT 8
"""
_SHOWN = ("product_name", "returned_amount", "return_ratio", "sold_amount", "promised_amount", "kept_amount")


_WIDE = ("return_ratio", "promised_amount")
_LEAST_TOLD = 3
_MOST = ("product_name", "return_ratio", "sold_amount", "promised_amount", "kept_amount")
_SAID = {"most": _MOST, "before": (*_MOST, "returned_amount", "restocked_amount", "handling_amount")}


def returns(report: Report) -> Section:
    """What sells and comes back."""
    total, products = report.ask("return_total", _TOTAL), report.ask("return_products", _PRODUCTS)
    if not any(total.column("sold_amount")):
        return Section("returns", waits_for=("orders", "order_lines", "returns"))
    if not any(total.column("returned_amount")) and report.lacking(("returns",)):
        return Section("returns", waits_for=("returns",))
    if not any(total.column("returned_amount")):
        return Section("returns", report.answer("answer_returns_none"), None, (total,))
    recent, lost = report.ask("return_recent", _RECENT), report.ask("return_lost", _LOST)
    answer = _answer(report, total, products) + _lost(report, total, lost) + _recent(report, recent)
    figures = tuple(one for one in (total, products, recent, lost) if one.rows)
    return Section("returns", answer, _picture(report, products), figures)


def _answer(report: Report, total: Figures, products: Figures) -> Markup:
    whole, rows = next(total.records()), list(products.records())
    names = ("sold_amount", "return_ratio", "returned_amount")
    said = [report.answer("answer_returns", **{name: whole[name] for name in names})]
    said += [
        report.answer(f"answer_returns_{verdict}", **{name: one[name] for name in _SAID[verdict]})
        for one, verdict in _told(rows)
    ]
    return Markup().join(said)


def _lost(report: Report, total: Figures, lost: Figures) -> Markup:
    """How many products only returns make lose, and the first three by name."""
    (count,) = total.column("lost_by_returns_count")
    if not count:
        return Markup()
    said = report.answer("answer_returns_lost", lost_by_returns_count=count)
    names = ("product_name", "promised_amount", "kept_amount")
    records = ({name: one[name] for name in names} for one in lost.records())
    return said + report.listed("answer_returns_lost_most", "answer_returns_lost_one", records)


def _told(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """The product of which most came back, and the first that lost money before anything did."""
    back = next((one for one in rows if one["verdict_code"] != "lost_before_returns"), None)
    before = next((one for one in rows if one["verdict_code"] == "lost_before_returns"), None)
    return [(one, key) for one, key in ((back, "most"), (before, "before")) if one is not None]


def _recent(report: Report, recent: Figures) -> Markup:
    first = next(recent.records(), None)
    if first is None or first["return_count"] < _LEAST_TOLD:
        return Markup()
    names = ("product_name", "return_count")
    return report.answer("answer_returns_recent", **{name: first[name] for name in names})


def _picture(report: Report, products: Figures) -> Markup | None:
    if not products.rows:
        return None
    said = report.say("picture_returns")
    bars = Bars(_SHOWN, bar="returned_amount", note="verdict_code", plain="earns", wide=_WIDE)
    return bar_table(report, products, bars, said, said)
