"""Did the variants get the shares that were planned? A test that may be looked at every night.

A ratio that is not as planned says that units are lost or added in one variant: by a broken page, a filter, a
delivery that lacks rows. Who is left can then not be compared, however large the difference.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from mandje.experiments.moments import Numbers

ALARM_BELOW = 0.001
_CONCENTRATION = (
    100.0  # looks for shares that are off by some points: for halves, ± 5 (one standard deviation)
)


def sample_ratio_p_values(counts: Numbers, shares: Numbers) -> Numbers:
    """0..1 by look, right at every look: the chance of shares so far off *by then* where all is well.

    Args:
        counts: … × looks × variants, units assigned by then, in order of time.
        shares: the planned share of each variant, together 1.

    Returns:
        … × looks: 1 ÷ the largest Bayes factor so far of shares ~ Dirichlet(100 × planned) against the
        planned ones, at most 1 (Lindon & Malek 2022, "Anytime-Valid Inference for Multinomial Count Data").
    """
    prior = _CONCENTRATION * shares
    mixed = (gammaln(prior + counts) - gammaln(prior)).sum(axis=-1)
    drawn = gammaln(_CONCENTRATION + counts.sum(axis=-1)) - gammaln(_CONCENTRATION)
    logged = mixed - drawn - counts @ np.log(shares)
    return np.asarray(np.exp(-np.maximum(np.maximum.accumulate(logged, axis=-1), 0)))
