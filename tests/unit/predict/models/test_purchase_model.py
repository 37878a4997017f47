from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy.optimize import check_grad

import cdnow
from drawn_customers import DAYS, SEGMENTS, histories, shop_purchases
from histories import patterns, simulate
from mandje.predict.models import purchase_model
from mandje.predict.models.closed_forms import alive_probability, expected_orders
from mandje.predict.models.parameters import PurchaseForm, PurchasePatterns
from mandje.predict.models.purchase_model import fit_bg_nbd, fit_leaving, fit_nbd, mean_loss
from mandje.simulate.world.clock import DAY


def demo_patterns() -> PurchasePatterns:
    """Local order days of a shop of the demo's size and kinds of customers."""
    bought = shop_purchases(SEGMENTS, 1, 5_000).filter("is_delivered")
    days = bought.select("person", pl.col("day").cast(pl.Int64)).unique().sort("person", "day")
    return histories(days["person"].to_numpy(), days["day"].to_numpy() * DAY, DAYS * DAY).grouped()


@pytest.mark.parametrize("form", ["BG/NBD", "MBG/NBD"])
@pytest.mark.parametrize("read", [cdnow.sample_patterns, demo_patterns])
def test_lifetimes_agrees(form: PurchaseForm, read: Callable[[], PurchasePatterns]) -> None:
    known = read()
    theirs = purchase_model._FITTERS[form]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(known.frequency, known.recency, known.age, weights=known.weight)
    ours = fit_leaving(form, known).parameters
    assert dict(theirs.params_) == pytest.approx(ours.named(), rel=1e-4)

    theirs.params_ = ours.named()
    alive = alive_probability(ours, known.frequency, known.recency, known.age)
    expected = alive * expected_orders(ours, known.frequency, known.age, [39])[0]
    columns = (known.frequency, known.recency, known.age)
    np.testing.assert_allclose(alive, theirs.conditional_probability_alive(*columns), rtol=1e-6)
    np.testing.assert_allclose(
        expected, theirs.conditional_expected_number_of_purchases_up_to_time(39, *columns), rtol=1e-6
    )


@pytest.mark.parametrize("form", ["BG/NBD", "MBG/NBD"])
def test_gradient_is_that_of_the_likelihood(form: PurchaseForm) -> None:
    known = cdnow.sample_patterns()
    point = np.log([0.7, 9.0, 0.4, 1.7])
    loss = mean_loss(form, known)
    assert check_grad(loss.value, loss.slope, point) < 1e-6


def test_patterns_with_weights_equal_customers_one_by_one() -> None:
    single = cdnow.sample_patterns()
    rows = np.column_stack([single.frequency, single.recency, single.age])
    distinct, weight = np.unique(rows, axis=0, return_counts=True)
    grouped = PurchasePatterns(*distinct.T, weight.astype(np.float64))
    assert len(weight) < single.customers
    assert fit_bg_nbd(grouped).parameters.named() == pytest.approx(
        fit_bg_nbd(single).parameters.named(), rel=1e-10
    )


def test_the_optimum_does_not_depend_on_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    known = cdnow.sample_patterns()
    usual = fit_bg_nbd(known).parameters.named()
    monkeypatch.setattr(purchase_model, "_start", lambda _: np.log([3.0, 30.0, 0.1, 0.4]))
    assert fit_bg_nbd(known).parameters.named() == pytest.approx(usual, rel=1e-9)


def test_nbd_is_found_where_nobody_leaves() -> None:
    fit = fit_nbd(patterns(*simulate(20_000, (1.2, 150, 0, 1), 700, seed=1)))
    assert fit.fault is None
    assert fit.parameters.r == pytest.approx(1.2, rel=0.1)
    assert fit.parameters.alpha == pytest.approx(150, rel=0.12)
    assert set(fit.standard_errors) == {"r", "alpha"}


def test_the_weak_prior_is_weak() -> None:
    known = cdnow.sample_patterns()
    free, held = fit_bg_nbd(known).parameters.named(), fit_bg_nbd(known, prior_sd=3).parameters.named()
    assert held == pytest.approx(free, rel=0.003)
    assert held != pytest.approx(free, rel=1e-6)


def test_one_rate_for_all_is_a_fault() -> None:
    random = np.random.default_rng(3)
    orders = random.poisson(8, 3000) + 1.0
    fit = fit_nbd(patterns(orders, np.full(3000, 390.0), np.full(3000, 400.0)))
    assert fit.fault is not None


@pytest.mark.parametrize(
    ("x", "t_x", "age"),
    [
        ([1], [1], [2]),
        ([3] * 600, [30] * 600, [60] * 600),
        ([1] + [0] * 999, [5] + [0] * 999, [9] * 1000),
        ([2_000] * 10 + [0] * 600, [14_599] * 10 + [0] * 600, [14_610] * 610),
    ],
    ids=["one customer", "all equal", "one repeat buyer", "forty years"],
)
def test_degenerate_inputs_end_in_a_fault_or_in_finite_numbers(
    x: list[float], t_x: list[float], age: list[float]
) -> None:
    known = patterns(x, t_x, age)
    for fit in (fit_nbd(known), fit_bg_nbd(known), fit_bg_nbd(known, prior_sd=1.5)):
        assert fit.fault or np.isfinite([*fit.parameters.named().values(), fit.log_likelihood]).all()
