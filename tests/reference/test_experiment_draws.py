"""On experiment tables drawn directly, readings keep their promises: coverage, looks, ratios, days."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from drawn_experiments import MEAN_ORDERS, RETURN_RATIO, Drawn, Values, drawn
from looked_at import counts_by_look, differences_by_look
from mandje.experiments.covariates import adjusted
from mandje.experiments.difference import (
    ALPHA,
    Difference,
    always_interval,
    always_p_value,
    difference,
    fixed_interval,
    fixed_p_value,
    tuned_rho,
)
from mandje.experiments.moments import moments, ratio_values
from mandje.experiments.power import units_needed
from mandje.experiments.sample_ratio import ALARM_BELOW, sample_ratio_p_values

LIFT, RETURN_FACTOR = 1.2, 0.75
NIGHTS, PER_NIGHT = 84, 40
LOOKS = np.arange(3, NIGHTS + 3) * PER_NIGHT  # the first look at 120 units


def _of_variants(values: Values, is_treated: NDArray[np.bool_]) -> Difference:
    return difference(moments(values[is_treated]), moments(values[~is_treated]))


def _readings(table: Drawn, draw: int) -> dict[str, Difference]:
    is_in, orders = table.is_treated[draw], table.orders[draw]
    top, bottom = table.returned[draw], table.lines[draw]
    ratio = np.empty(len(top))
    for variant in (is_in, ~is_in):
        ratio[variant] = ratio_values(top[variant], bottom[variant])
    return {
        "orders": _of_variants(orders, is_in),
        "orders, CUPED": _of_variants(adjusted(orders, table.forecast[draw][:, None]), is_in),
        "spend": _of_variants(table.spend[draw], is_in),
        "returned share": _of_variants(ratio, is_in),
    }


TRUE = {
    "orders": MEAN_ORDERS * (LIFT - 1),
    "orders, CUPED": MEAN_ORDERS * (LIFT - 1),
    "spend": 50 * MEAN_ORDERS * (LIFT - 1),
    "returned share": RETURN_RATIO * (RETURN_FACTOR - 1),
}


def test_fixed_intervals_cover_what_was_planted_in_92_to_98_of_100_draws() -> None:
    table = drawn(1, 500, 1500, lift=LIFT, return_factor=RETURN_FACTOR)
    found = [_readings(table, draw) for draw in range(500)]
    for metric, true in TRUE.items():
        bounds = [fixed_interval(one[metric]) for one in found]
        covered = np.mean([low <= true <= high for low, high in bounds])
        assert 0.92 <= covered <= 0.98, metric
        assert np.mean([one[metric].value for one in found]) == pytest.approx(true, rel=0.05), metric


def test_a_forecast_of_before_narrows_the_interval() -> None:
    table = drawn(2, 40, 1500)
    found = [_readings(table, draw) for draw in range(40)]
    narrower = [one["orders, CUPED"].standard_error / one["orders"].standard_error for one in found]
    assert np.mean(narrower) ** 2 < 0.75


def _significant(metric: str, draws: int, seed: int) -> tuple[float, float, float]:
    """Shares of A/A splits that are significant: ever, always-valid; ever, fixed; at the last look, fixed."""
    table = drawn(seed, draws, LOOKS[-1])
    found = differences_by_look(getattr(table, metric), table.is_treated, LOOKS)
    always, fixed = always_p_value(found, tuned_rho(LOOKS[-1])) <= ALPHA, fixed_p_value(found) <= ALPHA
    return always.any(axis=1).mean(), fixed.any(axis=1).mean(), fixed[:, -1].mean()


def test_of_200_splits_without_effect_hardly_one_is_ever_significant() -> None:
    always, fixed, _ = _significant("orders", 200, 3)
    assert always <= 0.05
    assert fixed > 0.20


@pytest.mark.full
@pytest.mark.parametrize("metric", ["orders", "spend"])
def test_of_1000_splits_over_84_nightly_looks_5_in_100_are_ever_significant_at_most(metric: str) -> None:
    always, fixed, fixed_at_the_end = _significant(metric, 1000, 4)
    assert always <= 0.05
    assert 0.03 <= fixed_at_the_end <= 0.07
    assert fixed > 0.20


def _alarms(draws: int, ratio: float, seed: int) -> NDArray[np.bool_]:
    is_treated = np.random.default_rng(seed).random((draws, LOOKS[-1])) < ratio
    p_values = sample_ratio_p_values(counts_by_look(is_treated, LOOKS), np.array([0.2, 0.8]))
    return (p_values < ALARM_BELOW).any(axis=1)


def test_the_sample_ratio_gives_5_false_alarms_in_1000_at_most_over_84_looks() -> None:
    assert _alarms(1000, 0.8, 5).sum() <= 5


def test_a_broken_sample_ratio_is_found_in_100_of_100() -> None:
    """One treated unit in four is lost: 75 % instead of 80 %."""
    assert _alarms(100, 0.75, 6).sum() == 100


def test_the_days_that_it_takes_are_foreseen_within_a_quarter() -> None:
    """Units at which 80 of 100 simulated experiments know of a true difference, beside what was foreseen."""
    table = drawn(7, 300, 12000, treatment_ratio=0.5, lift=LIFT)
    looks = np.arange(3, 12000 // PER_NIGHT + 1) * PER_NIGHT
    rho, true = tuned_rho(6000), TRUE["orders"]
    found = differences_by_look(table.orders, table.is_treated, looks)
    known = np.maximum.accumulate(always_p_value(found, rho) <= ALPHA, axis=1).mean(axis=0)
    simulated = looks[np.argmax(known >= 0.8)]
    spread = np.sqrt(looks[20]) * found.standard_error[:, 20]  # as seen after three weeks
    foreseen = np.array([units_needed(one, true, rho) for one in spread])
    assert np.median(foreseen) == pytest.approx(simulated, rel=0.15)
    assert np.mean(np.abs(foreseen / simulated - 1) <= 0.25) >= 0.85


def test_always_valid_intervals_hold_the_truth_at_all_looks_together() -> None:
    table = drawn(8, 200, LOOKS[-1], lift=LIFT)
    found = differences_by_look(table.orders, table.is_treated, LOOKS)
    low, high = always_interval(found, tuned_rho(LOOKS[-1]))
    assert ((low <= TRUE["orders"]) & (TRUE["orders"] <= high)).all(axis=1).mean() >= 0.95
