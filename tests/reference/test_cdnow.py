"""Published numbers on the CDNOW cohort, which a correct implementation reproduces to the printed digits."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

import cdnow
from mandje.predict.models.closed_forms import (
    alive_probability,
    expected_orders,
    mean_spend,
    no_order_probability,
)
from mandje.predict.models.parameters import PurchaseParameters
from mandje.predict.models.purchase_model import PurchaseFit, fit_bg_nbd, fit_mbg_nbd
from mandje.predict.models.spend_model import SpendFit, fit_gamma_gamma, frequency_spend_correlation
from order_law import order_count_probability

AS_PRINTED_IN_2005 = PurchaseParameters("BG/NBD", 0.243, 4.414, 0.793, 2.426)
HOLDOUT_WEEKS = 39


def one(value: float) -> NDArray[np.float64]:
    return np.array([value], dtype=np.float64)


def printed(value: float, digits: int) -> float:
    return round(float(value), digits)


@pytest.fixture(scope="module")
def fit() -> PurchaseFit:
    return fit_bg_nbd(cdnow.sample_patterns())


@pytest.fixture(scope="module")
def spend() -> SpendFit:
    return fit_gamma_gamma(cdnow.sample_spend())


@pytest.fixture(scope="module")
def holdout_expected(fit: PurchaseFit) -> NDArray[np.float64]:
    patterns, model = cdnow.sample_patterns(), fit.parameters
    alive = alive_probability(model, patterns.frequency, patterns.recency, patterns.age)
    return alive * expected_orders(model, patterns.frequency, patterns.age, [HOLDOUT_WEEKS])[0]


def _new_customer(model: PurchaseParameters, weeks: float) -> float:
    return float(expected_orders(model, one(0), one(0), [weeks])[0, 0])


def test_the_sample_is_the_published_one() -> None:
    patterns = cdnow.sample_patterns()
    assert patterns.customers == 2357
    assert patterns.frequency.sum() == 2457
    assert (patterns.frequency == 0).sum() == 1411
    assert (patterns.age.min(), patterns.age.max()) == (27.0, 38.86)
    assert cdnow.sample_holdout().sum() == 1882


def test_bg_nbd_in_weeks(fit: PurchaseFit) -> None:
    assert {name: printed(value, 4) for name, value in fit.parameters.named().items()} == {
        "r": 0.2426,
        "alpha": 4.4135,
        "a": 0.7929,
        "b": 2.4258,
    }
    assert printed(fit.log_likelihood, 2) == -9582.43
    assert fit.fault is None


def test_bg_nbd_standard_errors(fit: PurchaseFit) -> None:
    errors = fit.standard_errors
    assert printed(errors["r"], 4) == 0.0126
    assert [printed(errors[name], 3) for name in ("alpha", "a", "b")] == [0.378, 0.186, 0.705]


def test_bg_nbd_in_days(fit: PurchaseFit) -> None:
    days = fit_bg_nbd(cdnow.sample_patterns(days_per_unit=1))
    assert printed(days.parameters.alpha, 3) == 30.895
    assert printed(days.log_likelihood, 2) == -14363.53
    for name in ("r", "a", "b"):
        assert days.parameters.named()[name] == pytest.approx(fit.parameters.named()[name], rel=1e-9)


def test_expectation_and_alive_probability_of_a_customer(fit: PurchaseFit) -> None:
    alive = alive_probability(fit.parameters, one(2), one(30.43), one(38.86))
    assert printed(alive[0], 4) == 0.7266
    expected = alive * expected_orders(fit.parameters, one(2), one(38.86), [HOLDOUT_WEEKS])[0]
    assert printed(expected[0], 3) == 1.226


def test_one_time_buyer(fit: PurchaseFit) -> None:
    assert alive_probability(fit.parameters, one(0), one(0), one(38.86)) == [1.0]
    expected = expected_orders(fit.parameters, one(0), one(38.86), [HOLDOUT_WEEKS])
    assert printed(expected[0, 0], 4) == 0.1948
    no_order = no_order_probability(fit.parameters, one(0), one(0), one(38.86), HOLDOUT_WEEKS)
    assert printed(no_order[0], 4) == 0.8557


def test_frequent_buyer(fit: PurchaseFit) -> None:
    alive = alive_probability(fit.parameters, one(26), one(30.86), one(31))
    assert printed(alive[0], 4) == 0.9689
    expected = alive * expected_orders(fit.parameters, one(26), one(31), [52])[0]
    assert printed(expected[0], 2) == 25.76


@pytest.mark.parametrize(
    ("weeks", "published"),
    [(0.1429, 0.0078), (1, 0.0532), (3, 0.1506), (31.8571, 1.0405), (32, 1.0437)],
)
def test_expected_orders_of_a_new_customer(fit: PurchaseFit, weeks: float, published: float) -> None:
    assert printed(_new_customer(fit.parameters, weeks), 4) == published


def test_expected_orders_of_a_new_customer_after_78_weeks(fit: PurchaseFit) -> None:
    # Published as 1.8576 and compared there to three decimals; the formula itself gives 1.8580.
    assert printed(_new_customer(fit.parameters, 78), 3) == printed(1.8576, 3)


@pytest.mark.parametrize(
    ("weeks", "count", "published"),
    [(39, 0, 0.5737864), (2, 10, 1.07869e-7), (30, 11, 0.0019995214)],
)
def test_count_probability_of_a_new_customer(weeks: float, count: int, published: float) -> None:
    probability = order_count_probability(AS_PRINTED_IN_2005, count, one(0), one(0), weeks)
    assert probability[0] == pytest.approx(published, rel=5e-6)


def test_mbg_nbd() -> None:
    fit = fit_mbg_nbd(cdnow.sample_patterns())
    found = {name: printed(value, 3) for name, value in fit.parameters.named().items()}
    assert found == {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}
    # Published as -9582.14; to more digits it is -9582.1327.
    assert printed(fit.log_likelihood, 2) == pytest.approx(-9582.14, abs=0.011)
    errors = fit.standard_errors
    assert printed(errors["r"], 4) == 0.0833
    assert [printed(errors[name], 3) for name in ("alpha", "a", "b")] == [0.696, 0.155, 0.537]


def test_standard_errors_of_logarithms(fit: PurchaseFit) -> None:
    for name, error in fit.log_standard_errors.items():
        assert error * fit.parameters.named()[name] == pytest.approx(fit.standard_errors[name], rel=1e-12)


def test_mbg_nbd_doubts_a_one_time_buyer() -> None:
    model = PurchaseParameters("MBG/NBD", 0.525, 6.183, 0.891, 1.614)
    assert printed(alive_probability(model, one(0), one(0), one(38.86))[0], 3) == 0.390


def test_holdout_means_by_frequency(holdout_expected: NDArray[np.float64]) -> None:
    group = np.minimum(cdnow.sample_patterns().frequency, 7)
    actual = cdnow.sample_holdout()
    assert [printed(actual[group == x].mean(), 3) for x in range(8)] == [
        0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359,
    ]  # fmt: skip
    assert [printed(holdout_expected[group == x].mean(), 3) for x in range(8)] == [
        0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157,
    ]  # fmt: skip


def test_cumulative_repeat_orders(fit: PurchaseFit) -> None:
    """Weeks 39 and 78 end with a day that still counts: a day more than T, which ends as that day begins."""
    ages, customers = np.unique(cdnow.sample_patterns().age, return_counts=True)
    through_week_39 = [_new_customer(fit.parameters, age + 1 / 7) for age in ages]
    through_week_78 = [_new_customer(fit.parameters, age + 1 / 7 + 39) for age in ages]
    assert printed(customers @ through_week_39, 1) == 2501.5
    assert printed(customers @ through_week_78, 1) == 4165.7
    assert cdnow.sample_patterns().frequency.sum() + cdnow.sample_holdout().sum() == 4339


def test_gamma_gamma(spend: SpendFit) -> None:
    assert spend.customers == 946
    assert printed(spend.log_likelihood, 2) == -4055.92
    assert spend.parameters.p == pytest.approx(6.25, abs=0.005)
    assert spend.parameters.q == pytest.approx(3.74, abs=0.005)
    assert spend.parameters.v == pytest.approx(15.44, abs=0.01)
    assert printed(mean_spend(spend.parameters, one(0), one(0))[0], 1) == 35.2


def test_gamma_gamma_first_ten_customers(spend: SpendFit) -> None:
    first = cdnow.sample().head(10)
    expected = mean_spend(spend.parameters, first["x"].cast(pl.Float64).to_numpy(), first["zbar"].to_numpy())
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    np.testing.assert_allclose(expected, published, rtol=0, atol=0.01)


def test_frequency_and_spend_hardly_go_together() -> None:
    correlation = frequency_spend_correlation(cdnow.sample_spend())
    assert correlation is not None
    assert printed(correlation, 3) == 0.114
    # With the one-time buyers, whose mean is written as 0, it would come out as this.
    everybody = cdnow.sample().select(pl.corr("x", "zbar")).item()
    assert printed(everybody, 3) == 0.457


@pytest.mark.parametrize(
    ("month", "published"),
    [(4.345, 36.28), (30, 140.10)],
    ids=["months of 4.345 weeks", "weekly data read as days: the well-known mistake"],
)
def test_lifetime_value_of_the_first_customer(fit: PurchaseFit, month: float, published: float) -> None:
    """12 months, discounted 1 % at the end of each."""
    months = np.arange(1, 13)
    orders = expected_orders(fit.parameters, one(2), one(38.86), (months * month).tolist())[:, 0]
    alive = alive_probability(fit.parameters, one(2), one(30.43), one(38.86))[0]
    value = alive * (np.diff(orders, prepend=0) * 24.66 / 1.01**months).sum()
    assert printed(value, 2) == published


def test_full_cohort_as_counted() -> None:
    rows = cdnow.master_rows()
    per_day = rows.group_by("customer", "day").len()
    assert len(rows) == 69_659
    assert (rows["amount"] == 0).sum() == 80
    assert len(per_day) == 67_591
    assert (per_day["len"] > 1).sum() == 1_774


@pytest.mark.parametrize(
    ("days_after_end", "published", "expected_holdout"),
    [
        (0, {"r": 0.2516, "alpha": 4.7889, "a": 0.7234, "b": 2.1611}, 16_874),
        (1, {"r": 0.2507, "alpha": 4.765, "a": 0.746, "b": 2.216}, 16_623),
    ],
    ids=["age to 30 September as published", "age to the end of 30 September"],
)
def test_full_cohort(days_after_end: int, published: dict[str, float], expected_holdout: int) -> None:
    patterns, actual_holdout = cdnow.master(days_after_end)
    fit = fit_bg_nbd(patterns)
    assert patterns.customers == 23_570
    assert actual_holdout == 19_684
    for name, value in published.items():
        assert printed(fit.parameters.named()[name], len(str(value)) - 2) == value
    alive = alive_probability(fit.parameters, patterns.frequency, patterns.recency, patterns.age)
    expected = alive * expected_orders(fit.parameters, patterns.frequency, patterns.age, [HOLDOUT_WEEKS])[0]
    assert round(expected.sum()) == expected_holdout


def test_full_cohort_log_likelihood() -> None:
    assert printed(fit_bg_nbd(cdnow.master()[0]).log_likelihood, 2) == -95368.44
