"""Differences, ratios, CUPED, power and corrections equal those of statsmodels and tea-tasting to 1e-9.

Both are imported where they are needed: that takes seconds.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from drawn_experiments import drawn
from mandje.experiments.corrections import holm
from mandje.experiments.covariates import Covariate, adjusted, design
from mandje.experiments.difference import difference, fixed_interval, fixed_p_value
from mandje.experiments.moments import moments, ratio_values
from mandje.experiments.power import detectable_difference

pytestmark = pytest.mark.full
TABLE = drawn(11, 1, 3000, lift=1.2, return_factor=0.75)
IN = TABLE.is_treated[0]
EXACT = {"rel": 1e-9, "abs": 0}
FRAME = pl.DataFrame(
    {
        "variant": IN.astype(int),
        **{name: getattr(TABLE, name)[0] for name in ("forecast", "orders", "spend", "lines", "returned")},
    }
)
ORDERS, FORECAST = FRAME["orders"].to_numpy(), FRAME["forecast"].to_numpy()


def _found(values: np.ndarray) -> list[float]:
    found = difference(moments(values[IN]), moments(values[~IN]))
    return [float(one) for one in (found.value, *fixed_interval(found), fixed_p_value(found))]


def _tea_tasting(kind: str, *columns: str) -> list[float]:
    import tea_tasting as tt

    metric = getattr(tt, kind)(*columns)
    result = tt.Experiment(metric=metric).analyze(FRAME)["metric"]
    return [result.effect_size, result.effect_size_ci_lower, result.effect_size_ci_upper, result.pvalue]


def test_a_difference_of_means_equals_both() -> None:
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    theirs = CompareMeans(DescrStatsW(ORDERS[IN]), DescrStatsW(ORDERS[~IN]))
    low, high = theirs.tconfint_diff(usevar="unequal")
    expected = [ORDERS[IN].mean() - ORDERS[~IN].mean(), low, high, theirs.ttest_ind(usevar="unequal")[1]]
    assert _found(ORDERS) == pytest.approx(expected, **EXACT)
    assert _found(ORDERS) == pytest.approx(_tea_tasting("Mean", "orders"), **EXACT)


def test_a_difference_of_ratios_equals_tea_tasting() -> None:
    values = np.empty(len(IN))
    for variant in (IN, ~IN):
        values[variant] = ratio_values(TABLE.returned[0][variant], TABLE.lines[0][variant])
    expected = _tea_tasting("RatioOfMeans", "returned", "lines")
    assert _found(values) == pytest.approx(expected, **EXACT)


def test_cuped_with_one_covariate_equals_tea_tasting() -> None:
    expected = _tea_tasting("Mean", "orders", "forecast")
    assert _found(adjusted(ORDERS, FORECAST[:, None])) == pytest.approx(expected, **EXACT)


def test_cuped_with_gaps_and_several_covariates_equals_least_squares() -> None:
    from statsmodels.regression.linear_model import OLS

    days = np.full(len(IN), "2025-03-01", dtype="datetime64[D]")
    gaps = np.where(np.arange(len(IN)) % 7 == 0, np.nan, FORECAST)
    known = [Covariate("orders", gaps, days), Covariate("spend", FORECAST**2, days)]
    columns = design(known, days + 1)
    filled = np.where(np.isnan(gaps), np.nanmean(gaps), gaps)
    assert columns == pytest.approx(np.column_stack([filled, np.isnan(gaps), FORECAST**2]), **EXACT)
    theirs = OLS(ORDERS, np.column_stack([np.ones(len(IN)), columns])).fit()
    assert adjusted(ORDERS, columns) == pytest.approx(theirs.resid + ORDERS.mean(), rel=0, abs=1e-9)


def test_the_detectable_difference_has_the_power_that_statsmodels_says() -> None:
    """Of variants with a standard deviation of 1 the effect size is the difference itself."""
    from statsmodels.stats.power import NormalIndPower

    seen = detectable_difference(np.sqrt(1 / 500 + 1 / 1500))
    power = NormalIndPower().power(seen, nobs1=500, ratio=3, alpha=0.025, alternative="larger")
    assert power == pytest.approx(0.8, **EXACT)


def test_the_correction_for_several_comparisons_is_that_of_statsmodels() -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(12).random(20) ** 3
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], **EXACT)
