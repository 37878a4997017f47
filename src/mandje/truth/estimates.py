"""What the models expect of customers, beside their true rates and the future that was simulated."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from mandje.simulate.truth_files import CUSTOMERS, DAILY_KPIS, ORDERS
from mandje.simulate.world.sites import ALL_SITES, SITES
from mandje.truth.tables.files import Truth

_SCORED = """
    select person_id, alive_probability, no_order_90d_probability, expected_orders_90d,
        cast(expected_spend_per_order_amount as double) as spend_per_order,
        cast(expected_spend_365d_amount as double) as spend_365d
    from predictions.customer_predictions
    where expected_orders_90d is not null
    order by person_id
"""
_ORDERS = "select distinct order_id, person_id from marts.orders"


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure over all scored customers.

    `by_rates`: what follows from each customer's true rates; `came_true`: what is so, or came in the future
    that was simulated; None where there is no such figure. Counts, or money in the reporting currency.
    """

    figure: str
    estimated: float
    by_rates: float | None
    came_true: float | None
    is_money: bool = False

    @property
    def difference(self) -> float | None:
        """Estimate over truth, less 1; truth is what follows from the rates, else what came."""
        truth = self.by_rates if self.by_rates is not None else self.came_true
        return self.estimated / truth - 1 if truth else None


def estimates(shop: Shop, truth: Truth) -> list[Estimate]:
    """A handful of figures on the customers that have predictions; none where nobody has.

    Persons are found in the truth through their orders. Spend is net of returns: the truth knows what is
    ordered, of which the share that all orders kept is taken. The models know days with orders, so the truth
    per order is taken times these persons' orders per such day.
    """
    scored = query_snapshot(shop, _SCORED)
    true = _true_customers(shop, truth, scored)
    if scored.is_empty() or true.is_empty():
        return []
    kept = _share_kept(truth)
    spend = pl.col("mean_spend_amount").cast(pl.Float64) * kept
    return [
        Estimate(
            "orders in the next 90 days",
            _sum(scored, "expected_orders_90d"),
            _sum(true, "expected_orders_90d"),
            _sum(true, "future_orders_90d"),
        ),
        Estimate("customers still buying", _sum(scored, "alive_probability"), None, _sum(true, "is_alive")),
        Estimate(
            "customers without an order in 90 days",
            _sum(scored, "no_order_90d_probability"),
            None,
            float(true.filter(pl.col("future_orders_90d") == 0).height),
        ),
        Estimate(
            "spend per order day, net of returns",
            _mean(scored, "spend_per_order"),
            float(true.select(spend.mean()).item()) * _orders_per_day(truth, true),
            None,
            is_money=True,
        ),
        *_next_year(scored, true, spend, kept),
    ]


def _true_customers(shop: Shop, truth: Truth, scored: pl.DataFrame) -> pl.DataFrame:
    placed = truth.frame(ORDERS).filter(pl.col("person") >= 0).select("order_id", "person")
    own = query_snapshot(shop, _ORDERS).join(scored, on="person_id", how="semi")
    persons = placed.join(own, on="order_id").select("person").unique()
    return truth.frame(CUSTOMERS).join(persons, on="person", how="semi").sort("person")


def _share_kept(truth: Truth) -> float:
    days = truth.frame(DAILY_KPIS).filter(pl.col("site") == ALL_SITES)
    net, gross, off = (
        Decimal(days[name].sum() or 0)
        for name in ("net_sales_by_order_date_amount", "gross_sales_amount", "discount_amount")
    )
    return float(net / (gross - off)) if gross != off else 1.0


def _orders_per_day(truth: Truth, true: pl.DataFrame) -> float:
    """Counted orders of these customers per day, on the site's clock, on which one of them ordered."""
    placed = truth.frame(ORDERS).filter("is_counted").join(true, on="person", how="semi")
    days = sum(
        placed.filter(pl.col("site") == site.name)
        .select("person", pl.col("ordered_at").dt.convert_time_zone(site.time_zone).dt.date())
        .n_unique()
        for site in SITES
    )
    return placed.height / days if days else 1.0


def _next_year(scored: pl.DataFrame, true: pl.DataFrame, spend: pl.Expr, kept: float) -> list[Estimate]:
    if scored["spend_365d"].null_count() == scored.height:
        return []
    by_rates = true.select((pl.col("expected_orders_365d") * spend).sum()).item()
    came = _sum(true, "future_spend_365d_amount") * kept
    return [Estimate("spend in the next 365 days", _sum(scored, "spend_365d"), by_rates, came, is_money=True)]


def _sum(frame: pl.DataFrame, name: str) -> float:
    return float(frame[name].cast(pl.Float64).sum())


def _mean(frame: pl.DataFrame, name: str) -> float:
    return _sum(frame, name) / frame.height
