"""When a tile is grey."""

import numpy as np
import pytest

from mandje.report.noise import is_within_noise

CALM = [100.0, 104.0, 96.0, 100.0] * 7


def test_as_much_as_ever_is_noise() -> None:
    assert is_within_noise(CALM, 103.0)
    assert not is_within_noise(CALM, 120.0)
    assert not is_within_noise(CALM, 80.0)


def test_counts_are_never_calmer_than_chance() -> None:
    # a mean of 100 of 13 weeks: sqrt(100 * 14 / 13) = 10.4, and 2.8 times that is 29
    assert not is_within_noise(CALM, 125.0)
    assert is_within_noise(CALM, 125.0, is_count=True)
    assert not is_within_noise(CALM, 132.0, is_count=True)


def test_a_trend_is_its_own_noise() -> None:
    rising = [100.0 + 5 * week for week in range(30)]
    assert is_within_noise(rising, 250.0)
    assert not is_within_noise(rising, 150.0)


def test_what_was_always_the_same_is_not_any_more() -> None:
    assert is_within_noise([0.05] * 20, 0.05)
    assert not is_within_noise([0.05] * 20, 0.06)


@pytest.mark.parametrize("history", [[], [None] * 30, CALM[:9], [*CALM[:9], None, None]])
def test_a_short_history_claims_nothing(history: list[float | None]) -> None:
    assert is_within_noise(history, 1000.0)
    assert not is_within_noise(CALM[:10], 1000.0)


def test_one_in_a_hundred_is_not_grey_by_chance() -> None:
    weeks = np.random.default_rng(5).poisson(150, (800, 40)).astype(float)
    told = [not is_within_noise(list(one[:-1]), float(one[-1]), is_count=True) for one in weeks]
    assert 0.001 < np.mean(told) < 0.015
