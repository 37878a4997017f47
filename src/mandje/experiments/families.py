"""Several comparisons of one experiment: variants, and the groups of units that were declared before."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from mandje.errors import MandjeError
from mandje.experiments.moments import Numbers


def holm(p_values: Numbers) -> Numbers:
    """p-values that hold for all comparisons together, in their order (Holm 1979)."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    raised = np.maximum.accumulate(p_values[order] * (count - np.arange(count)))
    found = np.empty(count)
    found[order] = np.minimum(raised, 1.0)
    return found


def check_declared(group: str, declared: Collection[str], experiment_id: str) -> None:
    """Look only at groups that were named before the start: among many, one differs by chance.

    Raises:
        MandjeError: the group was not declared.
    """
    if group not in declared:
        raise MandjeError(
            f"the group {group} of experiment {experiment_id} was not declared before it began",
            found=group,
            expected=f"one of {', '.join(sorted(declared))}" if declared else "no groups: none was declared",
            next_step="declare it in a new experiment",
        )
