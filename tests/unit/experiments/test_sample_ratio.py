"""The test of sample ratios, one count at a time and by the integral that it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from mandje.experiments.sample_ratio import sample_ratio_p_values

SHARES = np.array([0.2, 0.8])


def test_the_p_value_is_one_over_the_mixed_likelihood() -> None:
    def likelihood(share: float) -> float:
        return float(beta.pdf(share, 20, 80) * (share / 0.2) ** 35 * ((1 - share) / 0.8) ** 65)

    mixed = quad(likelihood, 0, 1, epsabs=0, epsrel=1e-10)[0]
    found = sample_ratio_p_values(np.array([[35.0, 65.0]]), SHARES)
    assert found == pytest.approx([1 / mixed], rel=1e-8)


def test_evidence_once_seen_stays() -> None:
    found = sample_ratio_p_values(np.array([[0.0, 0.0], [40, 60], [60, 240], [200, 800]]), SHARES)
    assert found[0] == 1
    assert found[1] == found[2] == found[3] < 0.01


def test_shares_as_planned_never_alarm() -> None:
    looks = np.arange(1, 50)[:, None] * np.array([10.0, 40.0, 50.0])
    assert (sample_ratio_p_values(looks, np.array([0.1, 0.4, 0.5])) == 1).all()
