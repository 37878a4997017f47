"""Models fitted on simulated customers find the parameters they were simulated with.

On exact times, W = d'Hd (d: distance of the logarithms of the found parameters from the true ones; H: the
observed information) is chi-square with as many degrees of freedom as there are parameters: above the limits
here once in 1000 samples. The limits are not to be raised: a wrong process, as the last tests show, is far
above them.
"""

from __future__ import annotations

import numpy as np
import pytest

from drawn_customers import REGULAR, Drawn, Vector, draw, histories, process_end, shop_purchases
from mandje.predict.models import purchase_model, spend_model
from mandje.predict.models.maximum_likelihood import Loss, hessian_at
from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns
from mandje.predict.models.purchase_model import fit_bg_nbd
from mandje.predict.models.spend_model import fit_gamma_gamma
from mandje.simulate.world.clock import DAY

# Chi-square's 0.999 quantiles: 4 and 3 degrees of freedom.
PURCHASE_LIMIT, SPEND_LIMIT = 18.47, 16.27


def test_the_limits_are_the_quantiles() -> None:
    from scipy.stats import chi2

    assert chi2.ppf(0.999, [4, 3]) == pytest.approx([PURCHASE_LIMIT, SPEND_LIMIT], abs=0.005)


def distance(loss: Loss, found: dict[str, float], true: Vector, customers: int) -> float:
    """W at the found parameters."""
    log_found = np.log(list(found.values()))
    off = log_found - np.log(true)
    return float(customers * off @ hessian_at(loss, log_found) @ off)


def purchase_distance(patterns: PurchasePatterns) -> float:
    fit = fit_bg_nbd(patterns)
    assert fit.fault is None
    true = np.array([REGULAR.r, REGULAR.alpha, REGULAR.a, REGULAR.b])
    return distance(
        purchase_model.mean_loss("BG/NBD", patterns), fit.parameters.named(), true, patterns.customers
    )


def spend_distance(patterns: SpendPatterns) -> float:
    fit = fit_gamma_gamma(patterns)
    assert fit.fault is None
    true = np.array([REGULAR.p, REGULAR.q, REGULAR.v])
    return distance(spend_model.mean_loss(patterns), fit.parameters.named(), true, patterns.customers)


def distances(drawn: Drawn) -> tuple[float, float]:
    return purchase_distance(drawn.purchase_patterns()), spend_distance(drawn.spend_patterns())


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_true_parameters_are_found(seed: int) -> None:
    purchase, spend = distances(draw(REGULAR, seed))
    assert purchase <= PURCHASE_LIMIT
    assert spend <= SPEND_LIMIT


@pytest.mark.full
def test_the_true_parameters_are_found_in_99_of_100_samples() -> None:
    found = np.array([distances(draw(REGULAR, seed)) for seed in range(1, 101)])
    assert (found[:, 0] <= PURCHASE_LIMIT).sum() >= 99
    assert (found[:, 1] <= SPEND_LIMIT).sum() >= 99
    # W itself is chi-square: its mean is the number of parameters (standard error sqrt(2 df / 100)).
    assert found.mean(axis=0) == pytest.approx([4, 3], abs=4 * np.sqrt([0.08, 0.06]).max())


def test_a_whole_shop_buys_by_the_same_parameters() -> None:
    """Blocks, sites, arrivals by season and the weekdays' rhythm are on; times are those of the process."""
    bought = shop_purchases((REGULAR,), 1, 100_000)
    seen = bought.filter(bought["process_at"] < process_end())
    columns = (seen[name].to_numpy() for name in ("person", "process_at"))
    assert purchase_distance(histories(*columns, process_end())) <= PURCHASE_LIMIT


def test_times_cut_to_days_are_told_apart() -> None:
    """The known bias of day summaries: see test_day_summaries."""
    exact = draw(REGULAR, 1)
    day, person = exact.purchases.at // DAY, exact.purchases.person
    assert purchase_distance(histories(*np.unique([person, day * DAY], axis=1), exact.end)) > PURCHASE_LIMIT


def test_customers_who_also_leave_after_the_first_purchase_are_told_apart() -> None:
    drawn = draw(REGULAR, 1).purchase_patterns()
    leaves = np.random.default_rng(1).random(drawn.customers) < np.random.default_rng(2).beta(
        REGULAR.a, REGULAR.b, drawn.customers
    )
    stayed = PurchasePatterns(
        np.where(leaves, 0, drawn.frequency), np.where(leaves, 0, drawn.recency), drawn.age, drawn.weight
    )
    assert purchase_distance(stayed) > 1000


def test_a_spend_that_counts_the_tax_is_told_apart() -> None:
    net = draw(REGULAR, 1).spend_patterns()
    assert spend_distance(SpendPatterns(net.spend_days, net.mean_spend * 1.05, net.weight)) > 100
