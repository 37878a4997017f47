from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.optimize import check_grad

import cdnow
from mandje.predict.models import spend_model
from mandje.predict.models.closed_forms import mean_spend
from mandje.predict.models.parameters import SpendPatterns
from mandje.predict.models.spend_model import fit_gamma_gamma, frequency_spend_correlation


def _simulated(q: float, customers: int = 4000) -> SpendPatterns:
    random = np.random.default_rng(8)
    days = random.integers(1, 9, customers).astype(np.float64)
    scale = random.gamma(q, 1 / 40, customers)
    mean = random.gamma(3 * days, 1 / scale) / days
    return SpendPatterns(days, np.round(mean + 0.01, 2), np.ones(customers))


def test_lifetimes_agrees() -> None:
    known = cdnow.sample_spend()
    theirs = spend_model.GammaGammaFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(known.spend_days, known.mean_spend)
    ours = fit_gamma_gamma(known).parameters
    assert dict(theirs.params_) == pytest.approx(ours.named(), rel=1e-3)
    theirs.params_ = ours.named()
    np.testing.assert_allclose(
        mean_spend(ours, known.spend_days, known.mean_spend),
        theirs.conditional_expected_average_profit(known.spend_days, known.mean_spend),
        rtol=1e-10,
    )


def test_gradient_is_that_of_the_likelihood() -> None:
    known = cdnow.sample_spend()
    loss = spend_model.mean_loss(known)
    assert check_grad(loss.value, loss.slope, np.log([2.0, 5.0, 30.0])) < 1e-6


def test_parameters_come_back() -> None:
    fit = fit_gamma_gamma(_simulated(q=4))
    assert fit.fault is None
    assert fit.warning is None
    for name, truth in {"p": 3.0, "q": 4.0, "v": 40.0}.items():
        assert abs(fit.parameters.named()[name] - truth) < 4 * fit.standard_errors[name]


def test_an_infinite_mean_is_refused() -> None:
    fit = fit_gamma_gamma(_simulated(q=0.7))
    assert fit.fault is not None
    assert "mean spend is infinite" in fit.fault


def test_an_infinite_variance_is_said() -> None:
    fit = fit_gamma_gamma(_simulated(q=1.5))
    assert fit.fault is None
    assert fit.warning is not None


def test_money_has_no_scale_of_its_own() -> None:
    euros = _simulated(q=4)
    cents = SpendPatterns(euros.spend_days, euros.mean_spend * 100, euros.weight)
    small, large = fit_gamma_gamma(euros).parameters, fit_gamma_gamma(cents).parameters
    assert (large.p, large.q, large.v / 100) == pytest.approx((small.p, small.q, small.v), rel=1e-8)


def test_equal_spend_of_all_is_a_fault() -> None:
    days = np.arange(1.0, 101.0)
    assert fit_gamma_gamma(SpendPatterns(days, np.full(100, 9.99), np.ones(100))).fault is not None


def test_correlation_equals_the_plain_one_and_is_none_without_spread() -> None:
    known = _simulated(q=4)
    plain = np.corrcoef(known.spend_days, known.mean_spend)[0, 1]
    assert frequency_spend_correlation(known) == pytest.approx(plain, abs=1e-12)
    assert frequency_spend_correlation(SpendPatterns(*np.ones((3, 5)))) is None
