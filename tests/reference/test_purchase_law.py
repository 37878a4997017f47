"""Simulated purchases follow the closed forms: how many, when, and for how much.

Goodness of fit at fixed seeds, at p > 0.001; the same tests refuse parameters that are a little off.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.special import betainc
from scipy.stats import chisquare, kstest

from drawn_customers import LOYAL, OCCASIONAL, REGULAR, Drawn, Vector, draw, shop_purchases, true_model
from mandje.predict.models.parameters import PurchaseParameters
from mandje.simulate.settings.people import Segment
from mandje.simulate.world.clock import DAY
from order_law import order_count_probability

# Whole weeks, so that the same holds on the civil clock.
HORIZONS = (28, 91, 182, 364)
SEGMENTS = pytest.mark.parametrize("segment", [OCCASIONAL, REGULAR, LOYAL], ids=lambda each: each.name)
FITS, FAR_OFF = 1e-3, 1e-6


def fit_of_counts(counts: NDArray[np.int64], model: PurchaseParameters, days: int) -> float:
    """p of the chi-square test of repeat purchases against P(X(t) = n), rare counts merged to 10 or more."""
    observed = np.bincount(counts).astype(np.float64)
    nobody = np.zeros(1)
    law = [order_count_probability(model, n, nobody, nobody, days)[0] for n in range(len(observed))]
    expected = len(counts) * np.append(law, 1 - sum(law))
    bins = np.minimum(np.arange(len(expected)), _last_bin(expected))
    return float(chisquare(np.bincount(bins, np.append(observed, 0)), np.bincount(bins, expected)).pvalue)


def _last_bin(expected: Vector) -> int:
    """The greatest count that is expected 10 times at least, together with all above it."""
    tail = np.cumsum(expected[::-1])[::-1]
    return int(np.flatnonzero(tail >= 10)[-1])


def of_new_customers(segment: Segment) -> Drawn:
    """All first buy on day 0, so that all are seen for DAYS."""
    return draw(segment, seed=11, first_days=1)


@SEGMENTS
def test_counts_follow_bg_nbd(segment: Segment) -> None:
    drawn = of_new_customers(segment)
    fits = {days: fit_of_counts(drawn.counts_within(days), true_model(segment), days) for days in HORIZONS}
    assert min(fits.values()) > FITS, fits


@pytest.mark.parametrize("name", ["r", "alpha", "a", "b"])
def test_counts_refuse_a_parameter_that_is_a_fifth_off(name: str) -> None:
    counts = of_new_customers(REGULAR).counts_within(364)
    model = true_model(REGULAR)
    off = replace(model, **{name: getattr(model, name) * 1.2})
    assert fit_of_counts(counts, off, 364) < FAR_OFF


def test_civil_times_follow_bg_nbd_over_whole_weeks() -> None:
    """Of a whole shop: weekdays and hours move purchases, and leave counts over whole weeks as they were."""
    bought = shop_purchases((REGULAR,), 12, 40_000)
    weekday = (bought["civil_at"] // DAY).to_numpy() % 7
    assert chisquare(np.bincount(weekday)).pvalue < FAR_OFF
    hour = bought["civil_at"].to_numpy() % DAY // (DAY // 24)
    assert chisquare(np.bincount(hour)).pvalue < FAR_OFF
    since_first = bought.select(
        "person", "number", since=pl.col("civil_at") - pl.col("civil_at").first().over("person")
    )
    for days in HORIZONS:
        is_within = (pl.col("since") < days * DAY) & (pl.col("number") > 0)
        counts = since_first.group_by("person").agg(is_within.sum().alias("count"))["count"].to_numpy()
        assert fit_of_counts(counts.astype(np.int64), true_model(REGULAR), days) > FITS, days


@SEGMENTS
def test_one_spend_follows_gamma_gamma(segment: Segment) -> None:
    """z / v is BetaPrime(p, q), so z / (z + v) is Beta(p, q): one spend per customer, the first."""
    drawn = of_new_customers(segment)
    spend = drawn.cents[drawn.purchases.number == 0] / 100
    assert fit_of_spend(spend, 1.0, segment) > FITS
    assert fit_of_spend(spend, 1.0, segment.model_copy(update={"p": segment.p * 1.1})) < FAR_OFF


@SEGMENTS
def test_mean_spend_per_customer_follows_gamma_gamma(segment: Segment) -> None:
    """The sum of x spends over v is BetaPrime(p x, q)."""
    seen = draw(segment, seed=13).spend_patterns()
    assert fit_of_spend(seen.mean_spend, seen.spend_days, segment) > FITS
    off = segment.model_copy(update={"v": segment.v * 1.05})
    assert fit_of_spend(seen.mean_spend, seen.spend_days, off) < FAR_OFF


def fit_of_spend(mean: Vector, orders: Vector | float, segment: Segment) -> float:
    """p of the Kolmogorov-Smirnov test of the spends' places in their law against the uniform."""
    total = mean * orders
    places = betainc(segment.p * orders, segment.q, total / (total + segment.v))
    return float(kstest(places, "uniform").pvalue)


def test_spend_and_order_rate_are_independent() -> None:
    """As Gamma-Gamma has it: ranks of first spend and count (standard error 1 / sqrt(customers))."""
    drawn = draw(REGULAR, seed=14)
    first = drawn.cents[drawn.purchases.number == 0]
    ranks = pl.DataFrame({"x": drawn.repeats, "spend": first}).select(pl.all().rank())
    assert abs(ranks.select(pl.corr("x", "spend")).item()) < 4 / np.sqrt(len(first))
