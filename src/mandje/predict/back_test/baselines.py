"""What needs no model, beside which a form must be worth its trouble."""

from __future__ import annotations

import numpy as np

from mandje.predict.back_test import measures
from mandje.predict.back_test.contenders import Contender
from mandje.predict.back_test.holdout_scores import count_scores, probability_scores, ranking_scores, six
from mandje.predict.models.holdouts import Holdout


def baselines(holdout: Holdout) -> list[Contender]:
    """Latest first, busiest first, the last count again; and, with hindsight, one probability for all.

    That one is the share that did order: no constant can do better.
    """
    known = holdout.patterns
    share = measures.mean(holdout.ordered, holdout.patterns.weight)
    scores = {
        "recency": ranking_scores(known.recency - known.age, holdout),
        "frequency": ranking_scores(known.frequency, holdout),
        "repeat_last_count": count_scores(holdout.recent_orders, holdout),
        "base_rate": probability_scores(np.full_like(known.age, share), holdout),
    }
    return [Contender(name, None, six(found), None) for name, found in scores.items()]
