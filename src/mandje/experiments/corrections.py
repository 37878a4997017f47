"""Several comparisons of one experiment: its variants and metrics."""

from __future__ import annotations

import numpy as np

from mandje.experiments.moments import Numbers


def holm(p_values: Numbers) -> Numbers:
    """p-values that hold for all comparisons together, in their order (Holm 1979)."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * (count - np.arange(count)))
    found = np.empty(count)
    found[order] = np.minimum(raised, 1.0)
    return found
