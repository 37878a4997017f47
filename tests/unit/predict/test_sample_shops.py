"""Both sample shops, summed from their source in plain SQL: which rung of the ladder real orders reach."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from mandje.predict.models.ladder import choose_purchase_model, choose_spend_model
from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns
from repository import DATA

ONLINE_RETAIL_DAYS = f"""
select CustomerID as person, cast(InvoiceDate as date) as day, sum(Quantity * UnitPrice) as spend
from '{DATA}/online_retail/source/online_retail.parquet'
where CustomerID is not null and InvoiceNo similar to '[0-9]+' and Quantity > 0 and UnitPrice > 0
group by all
"""
THELOOK_DAYS = f"""
select
    orders.user_id as person,
    cast(orders.created_at[:10] as date) as day,
    sum(case when items.status = 'Returned' then 0 else round(items.sale_price, 2) end) as spend
from '{DATA}/thelook/source/orders.parquet' as orders
inner join '{DATA}/thelook/source/order_items.parquet' as items on orders.order_id = items.order_id
where orders.status <> 'Cancelled'
group by all
"""
SUMMARY = """
select
    count(*) - 1 as x,
    max(day) - min(day) as t_x,
    cast(? as date) + 1 - min(day) as age,
    count(*) filter (day > first_day and spend > 0) as spend_days,
    avg(spend) filter (day > first_day and spend > 0) as mean_spend
from (select *, min(day) over (partition by person) as first_day, min(day) over () as begin from ({days}))
group by person, first_day, begin
having first_day - begin >= ?
order by person
"""


def _patterns(days: str, as_of_date: str, window: int) -> tuple[PurchasePatterns, SpendPatterns]:
    found = duckdb.connect().execute(SUMMARY.format(days=days), [as_of_date, window]).fetchnumpy()
    table = {name: np.ma.filled(column, 0).astype(np.float64) for name, column in found.items()}
    one = np.ones_like(table["x"])
    spends = table["spend_days"] > 0
    return (
        PurchasePatterns(table["x"], table["t_x"], table["age"], one),
        SpendPatterns(table["spend_days"][spends], table["mean_spend"][spends], one[spends]),
    )


def test_online_retail_shows_no_leaving() -> None:
    purchases, spend = _patterns(ONLINE_RETAIL_DAYS, "2011-12-09", window=60)
    choice = choose_purchase_model(purchases, lambda: purchases)
    assert purchases.customers == 3065
    assert choice.rung == "no_leaving"
    assert choice.parameters is not None
    assert choice.parameters.named() == pytest.approx({"r": 1.038, "alpha": 115.2}, rel=1e-3)
    assert abs(float(str(choice.rungs[0]["leaving_gain"]))) < 0.3
    assert choose_spend_model(spend).reason is None


def test_thelook_needs_the_weak_prior() -> None:
    purchases, spend = _patterns(THELOOK_DAYS, "2025-11-28", window=0)
    choice = choose_purchase_model(purchases, lambda: purchases)
    assert purchases.customers == 2855
    assert choice.rung == "weak_prior"
    assert float(str(choice.rungs[0]["leaving_gain"])) == pytest.approx(85, abs=1)
    assert choice.parameters is not None
    assert choice.parameters.a / (choice.parameters.a + choice.parameters.b) == pytest.approx(0.31, abs=0.01)
    assert choose_spend_model(spend).reason is None
