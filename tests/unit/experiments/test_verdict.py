"""What is said of an experiment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mandje.experiments.corrections import holm
from mandje.experiments.verdict import Evidence, verdict

SEEN = Evidence(
    difference=0.03,
    p_value=0.01,
    low=0.01,
    high=0.05,
    smallest_difference=0.02,
    days_needed=12,
    is_more_better=True,
)
UNDECIDED = replace(SEEN, p_value=0.2, low=-0.01)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (SEEN, "better"),
        (replace(SEEN, is_more_better=False), "worse"),
        (replace(SEEN, difference=-0.03), "worse"),
        (replace(SEEN, difference=-0.03, is_more_better=False), "better"),
        (UNDECIDED, "undecided: 12 more days"),
        (replace(UNDECIDED, days_needed=1), "undecided: 1 more day"),
        (replace(UNDECIDED, days_needed=0), "undecided: 1 more day"),
        (replace(UNDECIDED, days_needed=None), "undecided: too few units come for an answer"),
        (replace(UNDECIDED, high=0.019), "no difference ≥ 0.02"),
        (replace(UNDECIDED, low=-0.021, high=0.019), "undecided: 12 more days"),
        (replace(SEEN, low=0.001, high=0.019), "better"),
    ],
)
def test_the_verdict_says_what_is_known(seen: Evidence, words: str) -> None:
    assert verdict(seen) == words


def test_of_several_comparisons_each_has_to_be_surer() -> None:
    """Worked by hand: .01 × 4, .02 × 3, .02 × 2 kept at .06, .9."""
    assert holm(np.array([0.02, 0.9, 0.01, 0.02])) == pytest.approx([0.06, 0.9, 0.04, 0.06])
    assert holm(np.array([0.7, 0.6])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []
