"""Intervals for one look and for any look."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import ttest_ind

from mandje.experiments.difference import (
    Difference,
    always_interval,
    always_p_value,
    always_width,
    difference,
    fixed_interval,
    fixed_p_value,
    tuned_rho,
)
from mandje.experiments.moments import moments, ratio_values

RNG = np.random.default_rng(21)
TREATED, CONTROL = RNG.gamma(1, 2, 300), RNG.gamma(1, 1.8, 90)


def _difference(value: float, error: float, count: float) -> Difference:
    return Difference(*(np.asarray(one) for one in (value, error, count, count - 2)))


def test_the_fixed_reading_is_welchs() -> None:
    theirs = ttest_ind(TREATED, CONTROL, equal_var=False)
    found = difference(moments(TREATED), moments(CONTROL))
    assert fixed_p_value(found) == pytest.approx(theirs.pvalue, rel=1e-9)
    assert fixed_interval(found) == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-9)


def test_the_always_valid_width_is_the_published_formula() -> None:
    """σ √(2(nρ² + 1) ÷ (n²ρ²) ln(√(nρ² + 1) ÷ α)), written out with σ = 3, n = 400, ρ = .1, α = .05."""
    half = 3 * np.sqrt(2 * (400 * 0.01 + 1) / (400**2 * 0.01) * np.log(np.sqrt(400 * 0.01 + 1) / 0.05))
    low, high = always_interval(_difference(0.0, 3 / 20, 400), 0.1)
    assert (float(low), float(high)) == pytest.approx((-half, half), rel=1e-12)


def test_rho_makes_the_interval_narrowest_at_the_planned_units() -> None:
    best = minimize_scalar(
        lambda rho: float(always_width(np.asarray(5000.0), rho)), bounds=(1e-4, 1), method="bounded"
    )
    assert tuned_rho(5000) == pytest.approx(best.x, rel=1e-3)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_the_p_value_is_where_the_interval_leaves_zero_out(alpha: float) -> None:
    found = _difference(float(always_width(np.asarray(900.0), 0.05, alpha)) * 0.3, 0.3, 900)
    assert float(always_p_value(found, 0.05)) == pytest.approx(alpha, rel=1e-9)
    assert float(always_interval(found, 0.05, alpha)[0]) == pytest.approx(0, abs=1e-12)


def test_any_look_costs_a_wider_interval_than_one_look() -> None:
    found = difference(moments(TREATED), moments(CONTROL))
    for rho in (0.001, 0.01, 0.1, 1.0):
        assert always_interval(found, rho)[0] < fixed_interval(found)[0]
        assert always_p_value(found, rho) > fixed_p_value(found)


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1.0), (0.5, 0.0), (-0.5, 0.0)])
def test_values_that_never_vary_differ_or_do_not(value: float, p_value: float) -> None:
    found = difference(moments(np.full(200, 1 + value)), moments(np.ones(200)))
    assert float(always_p_value(found, 0.05)) == p_value
    assert float(fixed_p_value(found)) == p_value
    assert [float(one) for one in fixed_interval(found)] == [value, value]


def test_the_variance_of_a_ratio_is_that_of_many_draws() -> None:
    rng = np.random.default_rng(22)
    bottom = 1.0 + rng.poisson(1.5, (2000, 400))
    top = rng.binomial(bottom.astype(int), rng.beta(0.5, 2, (2000, 400))).astype(float)
    values = ratio_values(top, bottom)
    ratios = top.sum(axis=1) / bottom.sum(axis=1)
    assert values.mean(axis=1) == pytest.approx(ratios, rel=1e-12)
    assert (moments(values).variance / 400).mean() == pytest.approx(ratios.var(ddof=1), rel=0.07)


def test_a_variant_of_one_unit_has_no_variance() -> None:
    assert np.isnan(moments(np.ones(1)).variance)
    assert np.isnan(moments(np.ones(0)).mean)
