from __future__ import annotations

import numpy as np
import pytest

from mandje.simulate.people.people_truth import expected_orders
from mandje.simulate.people.purchase_process import Purchases, draw_rates, purchase_times, spend_cents
from mandje.simulate.settings.people import SEGMENTS
from mandje.simulate.world.chance import chance
from mandje.simulate.world.clock import DAY

REGULAR = SEGMENTS[1]
YEAR = 365 * DAY


def bought(rate: float, leaving: float, seed: int = 1, size: int = 20_000, end: int = YEAR) -> Purchases:
    same = np.ones(size)
    start = np.zeros(size, dtype=np.int64)
    return purchase_times(chance(seed, "purchases"), rate * same, leaving * same, start, end)


def counts(purchases: Purchases) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.bincount(purchases.person) - 1


def test_purchases_are_numbered_in_time_and_end_in_time() -> None:
    found = bought(0.02, 0.1)
    first = found.number == 0
    assert (np.diff(found.person) >= 0).all()
    np.testing.assert_array_equal(found.person[first], np.arange(20_000))
    np.testing.assert_array_equal(np.diff(found.number)[~first[1:]], 1)
    assert (np.diff(found.at)[~first[1:]] >= 0).all()
    assert (found.at[first] == 0).all()
    assert found.at.max() < YEAR


def test_nobody_leaves_after_the_first_purchase() -> None:
    found = bought(0.001, 1.0)
    assert set(counts(found)) == {0, 1}
    np.testing.assert_array_equal(found.left_after, np.where(counts(found) == 1, 1, -1))


def test_gone_customers_buy_no_more() -> None:
    found = bought(0.05, 0.3)
    left = found.left_after >= 0
    assert 0.9 < left.mean() < 1
    np.testing.assert_array_equal(found.left_after[left], counts(found)[left])


def test_a_customer_with_no_chance_to_leave_is_a_poisson_process() -> None:
    found = counts(bought(0.02, 0.0))
    assert found.mean() == pytest.approx(7.3, abs=4 * np.sqrt(7.3 / 20_000))
    assert found.var() == pytest.approx(7.3, rel=0.05)


@pytest.mark.parametrize(("rate", "leaving"), [(0.004, 0.3), (0.02, 0.1), (0.05, 0.9), (0.01, 1.0)])
@pytest.mark.parametrize("days", [30, 90, 365])
def test_expected_orders_are_what_customers_buy(rate: float, leaving: float, days: int) -> None:
    found = counts(bought(rate, leaving, end=days * DAY))
    expected = expected_orders(np.array([rate]), np.array([leaving]), days)[0]
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(len(found)))


def test_expected_orders_of_those_who_hardly_leave() -> None:
    expected = expected_orders(np.array([0.02, 0.02]), np.array([1e-9, 1.0]), 90)
    assert expected == pytest.approx([1.8, 1 - np.exp(-1.8)], rel=1e-6)


def test_rates_are_those_of_the_segment() -> None:
    size = 200_000
    rates = draw_rates(chance(1, "rates"), REGULAR, size)
    mean = (REGULAR.r / REGULAR.alpha, REGULAR.a / (REGULAR.a + REGULAR.b), REGULAR.q / REGULAR.v)
    for drawn, true in zip(rates, mean, strict=True):
        assert drawn.mean() == pytest.approx(true, abs=4 * drawn.std() / np.sqrt(size))
        assert drawn.min() > 0
        np.testing.assert_array_equal(drawn[drawn > 1e-9], drawn[drawn > 1e-9].astype(np.float32))


def test_a_rate_too_small_for_single_precision_never_buys() -> None:
    rare = REGULAR.model_copy(update={"r": 0.002, "a": 0.002, "q": 1.01})
    rates = draw_rates(chance(1, "rates"), rare, 1000)
    found = purchase_times(chance(1, "p"), rates[0], rates[1], np.zeros(1000, dtype=np.int64), YEAR)
    assert np.isfinite(rates).all()
    assert counts(found)[rates[0] < 1e-8].max() == 0
    assert np.isfinite(expected_orders(rates[0], rates[1], 90)).all()


def test_spend_scales_with_the_price_level_and_is_a_cent_at_least() -> None:
    rate = np.full(50_000, 0.1)
    here, there = (spend_cents(chance(1, "spend"), 5.0, rate, level) for level in (1.0, 0.86))
    assert here.mean() == pytest.approx(5000, abs=4 * here.std() / np.sqrt(50_000))
    np.testing.assert_allclose(there, 0.86 * here, atol=1)
    assert spend_cents(chance(1, "spend"), 5.0, np.full(9, 1e6)).tolist() == [1] * 9


def test_another_seed_buys_otherwise() -> None:
    same, other = bought(0.02, 0.1, seed=1), bought(0.02, 0.1, seed=2)
    np.testing.assert_array_equal(same.at, bought(0.02, 0.1, seed=1).at)
    assert not np.array_equal(same.at, other.at)
