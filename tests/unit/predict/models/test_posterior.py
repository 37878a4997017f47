"""The closed forms against a second computation: the posterior of rate and leaving, summed on a grid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, gamma, nbinom

from mandje.predict.models.closed_forms import (
    alive_probability,
    expected_orders,
    no_order_probability,
)
from mandje.predict.models.parameters import PurchaseForm, PurchaseParameters
from order_law import order_count_probability

BG = PurchaseParameters("BG/NBD", 0.6, 60, 0.8, 2.5)
NBD = PurchaseParameters("NBD", 1.04, 115.2, 0.0, 1.0)
HORIZON = 90
HISTORIES = [(0, 0, 1), (0, 0, 400), (1, 3, 400), (2, 200, 365), (9, 300, 310), (9, 100, 365), (40, 395, 400)]


def one(value: float) -> NDArray[np.float64]:
    return np.array([value], dtype=np.float64)


def _by_grid(x: int, t_x: int, age: int) -> tuple[float, float, float]:
    """P(alive), P(no order), E[orders]: likelihood of one history given rate and leaving, times the prior."""
    log_rate, logit = np.linspace(-40, 3, 2200)[:, None], np.linspace(-45, 14, 2200)[None, :]
    rate, p = np.exp(log_rate), 1 / (1 + np.exp(-logit))
    prior = gamma.pdf(rate, BG.r, scale=1 / BG.alpha) * rate * beta.pdf(p, BG.a, BG.b) * p * (1 - p)
    here = prior * (1 - p) ** x * rate**x * np.exp(-rate * age)
    gone = prior * p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * t_x) if x else np.zeros_like(here)
    total = (here + gone).sum()
    no_order = (here * np.exp(-rate * HORIZON) + gone).sum() / total
    expected = (here * -np.expm1(-rate * p * HORIZON) / p).sum() / total
    return here.sum() / total, no_order, expected


@pytest.mark.parametrize(("x", "t_x", "age"), HISTORIES)
def test_bg_nbd(x: int, t_x: int, age: int) -> None:
    alive = alive_probability(BG, one(x), one(t_x), one(age))[0]
    no_order = no_order_probability(BG, one(x), one(t_x), one(age), HORIZON)[0]
    expected = alive * expected_orders(BG, one(x), one(age), [HORIZON])[0, 0]
    assert (alive, no_order, expected) == pytest.approx(_by_grid(x, t_x, age), rel=1e-7)


def test_no_order_in_simulated_futures() -> None:
    """Two-year histories are continued by 90 days; groups by forecast see what they were told."""
    random = np.random.default_rng(21)
    size = 200_000
    rate, p = random.gamma(BG.r, 1 / BG.alpha, size), random.beta(BG.a, BG.b, size)
    age, x, t_x = np.full(size, 365.0), np.zeros(size), np.zeros(size)
    later, now, here = np.zeros(size), np.zeros(size), np.arange(size)
    while len(here):
        now[here] += random.exponential(1 / rate[here])
        here = here[now[here] < age[here] + HORIZON]
        past = now[here] < age[here]
        x[here] += past
        t_x[here] = np.where(past, now[here], t_x[here])
        later[here] += ~past
        here = here[random.random(len(here)) >= p[here]]
    forecast = no_order_probability(BG, x, t_x, age, HORIZON)
    group = np.digitize(forecast, [0.3, 0.5, 0.7, 0.8, 0.9])
    for number in np.unique(group):
        told, seen = forecast[group == number], later[group == number] == 0
        assert abs(told.mean() - seen.mean()) < 4 * np.sqrt(0.25 / len(seen))


def test_horizons_add_up_and_discounting_takes_away() -> None:
    x, age = np.array([0.0, 3.0, 50.0]), np.array([10.0, 300.0, 700.0])
    together = expected_orders(BG, x, age, [30, 90, 365])
    for row, horizon in enumerate([30, 90, 365]):
        np.testing.assert_allclose(together[row], expected_orders(BG, x, age, [horizon])[0], rtol=1e-9)
    assert (np.diff(together, axis=0) > 0).all()
    assert (expected_orders(BG, x, age, [365], 3e-4) < together[2]).all()


def test_nbd_expects_the_posterior_rate() -> None:
    x, age = np.array([0.0, 5.0]), np.array([1.0, 374.0])
    assert (alive_probability(NBD, x, np.array([0.0, 9.0]), age) == 1).all()
    np.testing.assert_allclose(
        expected_orders(NBD, x, age, [HORIZON])[0], (NBD.r + x) / (NBD.alpha + age) * HORIZON, rtol=1e-12
    )


def test_many_histories_equal_each_alone() -> None:
    x = np.arange(5000.0) % 37
    age = 40 + np.arange(5000.0) % 911
    whole = expected_orders(BG, x, age, [30, 365])
    for place in (0, 2047, 2048, 4999):
        alone = expected_orders(BG, x[place : place + 1], age[place : place + 1], [30, 365])
        np.testing.assert_array_equal(whole[:, place], alone[:, 0])
    assert expected_orders(BG, np.empty(0), np.empty(0), [30, 365]).shape == (2, 0)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 30, 90])
@pytest.mark.parametrize("form", ["BG/NBD", "MBG/NBD"])
def test_the_law_of_orders_against_that_of_scipy(form: PurchaseForm, count: int) -> None:
    """Fader, Hardie & Lee 2005, eq. 8 with scipy's negative binomial: mass, and survival for those who leave.

    scipy takes the share of time that is over, of which 1 - share keeps no more digits than double precision
    has: the ages here make it a whole part of 64.
    """
    model = PurchaseParameters(form, 0.6, 60, 0.8, 2.5)
    x = np.array([0.0, 1, 4, 25, 120, 300])
    parts = np.array([6, 32, 40, 50, 60, 63])
    age, horizon, share = parts * 10 - model.alpha, (64 - parts) * 10, parts / 64
    found = [order_count_probability(model, count, x[[i]], age[[i]], horizon[i])[0] for i in range(len(x))]
    stay, k = model.b + x + (form == "MBG/NBD"), model.r + x
    stayed = np.prod([(stay + i) / (model.a + stay + i) for i in range(count)], axis=0)
    left = model.a / (stay + count - 1) * nbinom.sf(count - 1, k, share) if count else 0.0
    np.testing.assert_allclose(found, stayed * (nbinom.pmf(count, k, share) + left), rtol=1e-12)
