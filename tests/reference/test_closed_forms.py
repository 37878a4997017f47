"""Check values of the closed forms, confirmed elsewhere by posterior draws and simulated histories."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from mandje.predict.models.closed_forms import (
    alive_probability,
    expected_orders,
    mean_spend,
    mean_spend_quantile,
    no_order_probability,
)
from mandje.predict.models.order_count_distribution import (
    count_quantile,
    exceedance,
    order_count_distribution,
)
from mandje.predict.models.parameters import PurchaseParameters, SpendParameters
from mandje.predict.models.spend_distribution import spend_quantiles, spend_scale, spend_table
from mandje.predict.scores.next_order import next_order_after
from order_law import order_count_probability

BG = PurchaseParameters("BG/NBD", 0.2426, 4.4135, 0.7929, 2.4258)
MBG = PurchaseParameters("MBG/NBD", 0.525, 6.183, 0.891, 1.614)
SPEND = SpendParameters(6.25, 3.74, 15.44)

# model, x, t_x, T, horizon; P(alive), P(no order), P(exactly one), E[orders]; weeks
CHECK_VALUES = [
    (BG, 0, 0, 38.86, 39, 1, 0.855668, 0.109716, 0.194787),
    (BG, 1, 1.71, 38.86, 39, 0.212224, 0.883289, 0.067622, 0.203249),
    (BG, 2, 30.43, 38.86, 39, 0.726608, 0.445392, 0.239330, 1.225911),
    (BG, 7, 35, 38.86, 39, 0.843785, 0.164255, 0.090310, 4.387514),
    (BG, 26, 30.86, 31, 52, 0.968919, 0.031081, 0.026293, 25.759339),
    (BG, 3, 10, 30, 13, 0.249277, 0.838909, 0.088946, 0.278423),
    (MBG, 0, 0, 38.86, 39, 0.389735, 0.891171, 0.078704, 0.154013),
    (MBG, 1, 1.71, 38.86, 39, 0.170836, 0.895156, 0.058201, 0.188837),
    (MBG, 2, 30.43, 38.86, 39, 0.706202, 0.440006, 0.234224, 1.262961),
    (MBG, 7, 35, 38.86, 39, 0.831265, 0.176345, 0.094181, 4.228347),
    (MBG, 26, 30.86, 31, 52, 0.965566, 0.034434, 0.029158, 24.003923),
    (MBG, 3, 10, 30, 13, 0.232936, 0.846008, 0.084571, 0.266742),
]


def one(value: float) -> NDArray[np.float64]:
    return np.array([value], dtype=np.float64)


@pytest.mark.parametrize(
    ("model", "x", "t_x", "age", "horizon", "alive", "no_order", "exactly_one", "expected"), CHECK_VALUES
)
def test_check_values(  # noqa: PLR0913, PLR0917  # one argument per column of the table
    model: PurchaseParameters,
    x: float,
    t_x: float,
    age: float,
    horizon: float,
    alive: float,
    no_order: float,
    exactly_one: float,
    expected: float,
) -> None:
    p_alive = alive_probability(model, one(x), one(t_x), one(age))
    one_order = p_alive * order_count_probability(model, 1, one(x), one(age), horizon)
    orders = p_alive * expected_orders(model, one(x), one(age), [horizon])[0]
    assert round(p_alive[0], 6) == alive
    assert round(no_order_probability(model, one(x), one(t_x), one(age), horizon)[0], 6) == no_order
    assert round(one_order[0], 6) == exactly_one
    assert round(orders[0], 6) == expected


# q10, q50, q90 of the time to the next order given one in the horizon, then of the count; rows as above
QUANTILES = [
    ((2.673, 15.653, 33.518), (0, 0, 1)),
    ((2.015, 12.780, 31.710), (0, 0, 1)),
    ((1.560, 10.344, 29.360), (0, 1, 3)),
    ((0.628, 4.284, 15.524), (0, 4, 9)),
    ((0.142, 0.948, 3.248), (3, 28, 46)),
    ((0.716, 4.401, 10.609), (0, 0, 1)),
    ((2.497, 14.940, 33.130), (0, 0, 1)),
    ((1.910, 12.237, 31.255), (0, 0, 1)),
    ((1.498, 9.972, 28.871), (0, 1, 3)),
    ((0.629, 4.286, 15.484), (0, 4, 9)),
    ((0.148, 0.984, 3.372), (3, 25, 44)),
    ((0.709, 4.363, 10.575), (0, 0, 1)),
]
LEVELS = (0.1, 0.5, 0.9)


@pytest.mark.parametrize(
    ("row", "next_order", "count"),
    [(row[:5], *found) for row, found in zip(CHECK_VALUES, QUANTILES, strict=True)],
)
def test_quantiles_of_next_order_and_count(
    row: tuple[PurchaseParameters, float, float, float, float],
    next_order: tuple[float, ...],
    count: tuple[int, ...],
) -> None:
    model, x, t_x, age, horizon = row
    times = [next_order_after(model, one(x), one(age), horizon, level)[0] for level in LEVELS]
    assert tuple(round(time, 3) for time in times) == next_order
    weight = alive_probability(model, one(x), one(t_x), one(age))
    beyond = exceedance(order_count_distribution(model, one(x), one(age), horizon, most=7 * int(horizon)))
    first = np.zeros(1, dtype=np.intp)
    assert tuple(count_quantile(beyond, first, weight, level)[0] for level in LEVELS) == count


@pytest.mark.parametrize("row", CHECK_VALUES)
def test_the_table_of_counts_is_the_closed_form(
    row: tuple[PurchaseParameters, float, float, float, float],
) -> None:
    model, x, _, age, horizon = row[:5]
    law = order_count_distribution(model, one(x), one(age), horizon, most=400)[0]
    exact = [order_count_probability(model, n, one(x), one(age), horizon)[0] for n in range(len(law) - 1)]
    np.testing.assert_allclose(law[:-1], exact, rtol=1e-9, atol=1e-13)
    assert law.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("a", "b", "expected"), [(1, 2.4, 0.190595), (0.3, 0.7, 0.192407)])
def test_where_the_usual_formula_fails(a: float, b: float, expected: float) -> None:
    model = PurchaseParameters("BG/NBD", BG.r, BG.alpha, a, b)
    assert round(expected_orders(model, one(0), one(38.86), [39])[0, 0], 6) == expected


@pytest.mark.parametrize(
    ("model", "discounted", "plain"), [(BG, 1.491865, 1.558584), (MBG, 1.529452, 1.597217)]
)
def test_discounted_at_ten_percent_a_year(model: PurchaseParameters, discounted: float, plain: float) -> None:
    alive = alive_probability(model, one(2), one(30.43), one(38.86))
    rate = math.log(1.1) / 52.1786
    assert round((alive * expected_orders(model, one(2), one(38.86), [52], rate)[0])[0], 6) == discounted
    assert round((alive * expected_orders(model, one(2), one(38.86), [52])[0])[0], 6) == plain


@pytest.mark.parametrize(
    ("x", "observed", "expected"), [(2, 22.35, 24.6637), (1, 11.77, 18.9169), (0, 0, 35.2190)]
)
def test_mean_spend(x: float, observed: float, expected: float) -> None:
    assert round(mean_spend(SPEND, one(x), one(observed))[0], 4) == expected


@pytest.mark.parametrize(
    ("x", "observed", "quantiles"),
    [
        (2, 22.35, (17.4250, 23.6282, 33.1558)),
        (1, 11.77, (11.9814, 17.6072, 27.3705)),
        (0, 0, (15.2382, 28.2786, 61.3646)),
    ],
)
def test_quantiles_of_mean_spend(x: float, observed: float, quantiles: tuple[float, ...]) -> None:
    for level, published in zip(LEVELS, quantiles, strict=True):
        assert round(mean_spend_quantile(SPEND, one(x), one(observed), level)[0], 4) == published


def test_quantiles_of_the_spend_of_three_orders() -> None:
    """Three orders for sure: interpolated in a table, so to five digits."""
    three = np.array([[0.0, 0.0, 0.0, 1.0]])
    table = spend_table(SPEND, 2, most=3)
    ratios = spend_quantiles(table, three, np.zeros(1, dtype=np.intp), one(1), LEVELS)
    for ratio, published in zip(ratios, (44.9785, 69.6283, 108.2896), strict=True):
        assert (ratio * spend_scale(SPEND, one(2), one(22.35)))[0] == pytest.approx(published, rel=1e-5)


# r, alpha, a, b, x, T, horizon in days; E[orders | alive] plain and at 10 % a year, in 40-digit arithmetic
FORTY_DIGITS = [
    (0.6, 60, 0.8, 2.5, 0, 1, 365, 2.046468264272379, 1.966361564492685),
    (0.6, 60, 0.8, 2.5, 40, 400, 365, 25.356299436942535, 24.27285136888772),
    (0.5, 0.8, 0.3, 0.2, 0, 1, 365, 12.323896843542554, 11.86972009765043),
    (12, 18, 1.66, 141, 100, 101, 365, 161.71777244421503, 156.02679251136755),
    (0.01, 0.4, 3.8, 778, 1, 2, 365, 92.01431371358468, 88.44765028379612),
    (0.05, 0.8, 45, 280, 20, 24, 90, 7.812580431290631, 7.791610124153439),
    (0.2, 5, 0.001, 0.02, 0, 1, 30, 0.9658033344608705, 0.9620529563562762),
    (0.6, 300, 0.001, 0.9, 3, 14000, 365, 0.09188674232828886, 0.08764656980170538),
    (0.54, 581, 18.1, 40.6, 0, 406, 90, 0.04819972327665108, 0.0476421176629707),
    (40, 3000, 0.5, 2, 0, 14600, 365, 0.7668141526258474, 0.7323240892736657),
]


@pytest.mark.parametrize("row", FORTY_DIGITS)
def test_expected_orders_to_nine_digits(row: tuple[float, ...]) -> None:
    r, alpha, a, b, x, age, horizon, plain, discounted = row
    model = PurchaseParameters("BG/NBD", r, alpha, a, b)
    rate = math.log(1.1) / 365.25
    assert expected_orders(model, one(x), one(age), [horizon])[0, 0] == pytest.approx(plain, rel=1e-9)
    assert expected_orders(model, one(x), one(age), [horizon], rate)[0, 0] == pytest.approx(
        discounted, rel=1e-9
    )
