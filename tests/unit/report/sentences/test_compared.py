"""Statistics of two windows, against figures by hand and scipy's own."""

import numpy as np
import pytest
from scipy import stats

from mandje.report.sentences.compared import means, statistic
from mandje.report.sentences.looked_at import Measure


def _window(**sums: float) -> dict[str, np.ndarray]:
    return {name: np.array([[value]], dtype=np.float64) for name, value in sums.items()}


def test_poisson_counts_by_hand() -> None:
    # 2 * (20 ln(20 / 15) + 10 ln(10 / 15)) = 2 * (5.7536 - 4.0547) = 3.3979, and its root
    now, before = _window(hits=20, tries=14), _window(hits=10, tries=14)
    assert statistic("level", now, before).item() == pytest.approx(1.8433, abs=1e-4)
    assert statistic("level", before, now).item() == pytest.approx(-1.8433, abs=1e-4)


def test_parts_as_scipy_tells_them() -> None:
    table = [[30, 970], [420, 6080]]
    expected = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
    found = statistic("ratio", _window(hits=30, tries=1000), _window(hits=420, tries=6500))
    assert found.item() == pytest.approx(-np.sqrt(expected))


def test_order_values_as_scipy_tells_them() -> None:
    chance = np.random.default_rng(3)
    samples = [np.log(chance.gamma(2, 20, size)) for size in (50, 400)]
    now, before = (
        _window(hits=one.sum(), tries=len(one), squares=(one**2).sum(), amount=np.exp(one).sum())
        for one in samples
    )
    expected = stats.ttest_ind(*samples, equal_var=False).statistic
    assert statistic("value", now, before).item() == pytest.approx(expected)


def test_spend_is_the_ratio_of_what_a_day_costs() -> None:
    now, before = _window(hits=280, tries=14), _window(hits=910, tries=91)
    assert statistic("spend", now, before).item() == pytest.approx(np.log(2))
    assert [one.item() for one in means(now, before, "spend")] == [20, 10]


@pytest.mark.parametrize("measure", ["ratio", "per", "level", "spend", "cost", "value"])
def test_nothing_against_nothing_is_nothing(measure: Measure) -> None:
    empty = _window(hits=0, tries=0, squares=0, amount=0)
    assert statistic(measure, empty, empty).item() == 0


def test_all_or_none_of_a_part_is_told() -> None:
    found = statistic("ratio", _window(hits=0, tries=50), _window(hits=500, tries=500))
    assert found.item() < -15
