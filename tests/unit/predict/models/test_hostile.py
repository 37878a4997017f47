"""Inputs and parameters that break formulas: nothing crashes, and no number is impossible."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from histories import AS_OF, inputs, shop, simulate, warehouse
from mandje.predict.fit import Fit, fit_and_score
from mandje.predict.models.ladder import PurchaseChoice
from mandje.predict.models.order_model import OrderChoice, OrderModel
from mandje.predict.models.parameters import PurchaseForm, PurchaseParameters, SpendParameters
from mandje.predict.models.purchase_model import PurchaseFit
from mandje.predict.models.stack import Stack
from mandje.predict.scores.columns import TABLES
from mandje.predict.scores.score_histories import PROBABILITIES, SCORES, score_histories
from mandje.predict.season.clock import Clock, clock_of

TRUTH = (0.6, 60.0, 0.8, 2.5)
NORMAL = simulate(900, TRUTH, 700, seed=6)


def scored(frame: pl.DataFrame, champion: str = "BG/NBD") -> tuple[Fit, list[pl.DataFrame]]:
    con = warehouse(frame)
    fit = fit_and_score(con, shop(), AS_OF, champion)  # type: ignore[arg-type]
    return fit, [con.sql(f"from {table}").pl() for table in TABLES]


def assert_possible(tables: list[pl.DataFrame]) -> None:
    for frame in tables:
        for name, kind in frame.schema.items():
            numbers = frame[name].drop_nulls()
            if kind == pl.Float64:
                assert numbers.is_finite().all(), name
            if (kind == pl.Float64 and name != "contribution_ratio") or (
                name.startswith(("expected_", "spend_")) and kind.is_numeric()
            ):
                assert (numbers >= 0).all(), name
            if name.endswith("_probability"):
                assert (numbers <= 1).all(), name
            if name == "contribution_ratio":
                assert (numbers >= -1).all()
                assert (numbers <= 1).all()


GIANT = pl.when(pl.col("person_id") == "p0000003")


def with_money(
    sales: str, contribution: str, square: str, orders: int, *, everyone: bool = False
) -> pl.DataFrame:
    """The usual customers, one of them or all with this money behind them."""
    values = {
        "kept_sales_amount": pl.lit(Decimal(sales)).cast(pl.Decimal(18, 4)),
        "goods_contribution_amount": pl.lit(Decimal(contribution)).cast(pl.Decimal(18, 4)),
        "contribution_square_amount": pl.lit(Decimal(square)).cast(pl.Decimal(24, 6)),
        "sales_order_count": pl.lit(orders, pl.Int64),
    }
    whom = pl.when(pl.lit(everyone) | (pl.col("person_id") == "p0000003"))
    return inputs(*NORMAL).with_columns(
        whom.then(value).otherwise(name).alias(name) for name, value in values.items()
    )


SHOPS = {
    "no repeat buyers": inputs([0] * 900, [0] * 900, range(1, 901), history_days=pl.lit(900, pl.Int64)),
    "one customer": inputs([3], [30], [60]),
    "all equal": inputs([3] * 900, [30] * 900, [60] * 900),
    "nobody spends": inputs(
        *NORMAL, spend_days=pl.lit(0, pl.Int64), mean_spend_amount=pl.lit(None, pl.Decimal(18, 2))
    ),
    "one giant order, sent back": inputs(*NORMAL).with_columns(
        spend_days=GIANT.then(0).otherwise("spend_days"),
        mean_spend_amount=GIANT.then(None).otherwise("mean_spend_amount"),
    ),
    "one giant order, kept": inputs(*NORMAL).with_columns(
        mean_spend_amount=pl.when((pl.col("frequency") > 0) & (pl.col("age_days") > 650))
        .then(pl.lit(Decimal("9000000.00")))
        .otherwise("mean_spend_amount")
    ),
    "one giant order at a loss": with_money("9000000", "-9000000", "9000000", 1),
    "all sent back": with_money("0", "0", "0", 0, everyone=True),
    "all at a loss": with_money("40", "-40", "40", 2, everyone=True),
    "T = 1": inputs([*NORMAL[0], *[0] * 300], [*NORMAL[1], *[0] * 300], [*NORMAL[2], *[1] * 300]),
    "40 years": inputs(
        *simulate(900, (0.5, 900, 0.3, 3.0), 14_600, seed=9), history_days=pl.lit(14_600, pl.Int64)
    ),
    "nobody leaves": inputs(*simulate(900, (1.0, 115, 0, 1), 700, seed=2)),
    "all leave alike": inputs(*simulate(1500, (0.54, 150, 3e5, 7e5), 720, seed=0)),
    "every day since": inputs(
        [*NORMAL[0], *[699] * 50], [*NORMAL[1], *[699] * 50], [*NORMAL[2], *[700] * 50]
    ),
}


# A form that differs from its neighbour in one term only, and the one without a stack, are tried in `full`.
@pytest.mark.parametrize("champion", ["BG/NBD", pytest.param("MBG/NBD", marks=pytest.mark.full), "stack"])
@pytest.mark.parametrize("name", SHOPS)
def test_a_hostile_shop(name: str, champion: str) -> None:
    fit, tables = scored(SHOPS[name], champion)
    assert_possible(tables)
    assert (fit.order_form is None) == (fit.rung is None)
    if fit.order_form is None:
        assert fit.reason
        assert fit.explanation
        assert all(set(table["reason"]) == {fit.reason} for table in tables)
    elif fit.rung != "last_window":
        assert tables[0]["order_weight"].null_count() == 0
        assert fit.order_form == champion or fit.warnings


X = np.array([0, 0, 0, 1, 1, 2, 30, 364, 364, 3000])
AGE = np.array([1, 400, 14_600, 2, 14_600, 400, 31, 365, 14_600, 14_600])
T_X = np.array([0, 0, 0, 1, 14_599, 3, 30, 364, 364, 14_599])
PARAMETERS = {
    "a = 1": (0.24, 30.9, 1.0, 2.4),
    "a + b = 1": (0.24, 30.9, 0.3, 0.7),
    "runaway a and b": (0.54, 150.0, 3.1e6, 6.9e6),
    "all leave at once": (0.5, 30.0, 0.95, 0.05),
    "hardly anybody leaves": (1.0, 115.0, 0.001, 0.9),
    "b very large": (1.0, 115.0, 0.5, 9e4),
    "r very small": (0.001, 0.5, 0.8, 2.5),
    "r very large": (50.0, 3000.0, 0.8, 2.5),
    "alpha very small": (0.5, 1e-3, 0.8, 2.5),
    "alpha very large": (0.5, 1e6, 0.8, 2.5),
}
USUAL = Stack(np.array([-0.8, 0.5, 1.0]), np.diag([0.2, 0.1, 0.15]) ** 2, 90, None)
WILD = Stack(np.array([12.0, -3.0, -9.0]), np.eye(3), 90, None)
# With a season of 0.4 in 90 days, without one, and with one of 2.5 in the 60 days after the first 30.
DEAD, BUSY = Clock((0, 30, 90, 365), (0.0, -18.0, -54.0, 0.0)), Clock((0, 30, 90, 365), (0.0, 0.0, 90.0, 0.0))
STACKS = {"none": (None, DEAD), "usual": (USUAL, clock_of({})), "wild": (WILD, BUSY)}


@pytest.mark.parametrize("stack", [pytest.param("none", marks=pytest.mark.full), "usual", "wild"])
@pytest.mark.parametrize("form", ["BG/NBD", "MBG/NBD", "NBD"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_hostile_parameters(name: str, form: PurchaseForm, stack: str) -> None:
    """Very unsure of themselves too: a standard error of 1 on the log scale."""
    r, alpha, a, b = PARAMETERS[name]
    model = PurchaseParameters(form, r, alpha, *((0.0, 1.0) if form == "NBD" else (a, b)))
    covariance = np.eye(len(model.named()))
    ladder = PurchaseChoice("planted", PurchaseFit(model, covariance, 0.0, None, 1000), [])
    correction, clock = STACKS[stack]
    choice = OrderChoice("stack", ladder, OrderModel(model, correction), None)
    columns = {"frequency": X, "age_days": AGE, "recency_days": T_X, "spend_days": X // 2}
    histories = pl.DataFrame(columns).sort("frequency", "age_days", "recency_days")
    spend = SpendParameters(0.5, 1.1, 15.44)
    scores = score_histories(choice, spend, histories, shop().settings.customers, clock)
    assert scores.keys() == set(SCORES)
    for score, column in scores.items():
        assert np.isfinite(column).all(), score
        assert (column >= 0).all(), score
        assert (column <= 1).all() or score not in PROBABILITIES, score
    for short, long in (("30d", "90d"), ("90d", "365d")):
        assert (scores[f"expected_orders_{short}"] <= scores[f"expected_orders_{long}"] * (1 + 1e-6)).all()
        assert (scores[f"no_order_{short}"] >= scores[f"no_order_{long}"] - 1e-12).all()
    for days in (30, 90, 365):
        assert (scores[f"orders_high_{days}d"] <= days).all()
