"""A form or a plain baseline, and how it did on what came after a cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from mandje.predict.back_test import measures
from mandje.predict.back_test.forecasts import Forecast
from mandje.predict.back_test.holdout_scores import Scores, order_scores, six, spend_scores
from mandje.predict.back_test.measures import Bin
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.parameters import SpendParameters, Vector
from mandje.predict.scores.columns import BAND_LIMITS, BANDS
from mandje.predict.season.factor import LIMITS


@dataclass(frozen=True)
class Contender:
    """How one form or baseline did after one cut.

    Attributes:
        name: the form's, or the baseline's.
        fault: why it has no scores, or None.
        scores: by name of the measure; six digits.
        log_losses: of "order in the horizon" per row of the holdout, with the form's total put right: forms
            are compared by whom they tell apart. None for baselines and faulty forms.
        tenths: by number from 0, P(an order) and who ordered; empty for baselines and faulty forms.
        bands: by churn band, P(no order) and who did not order; likewise.
    """

    name: str
    fault: str | None
    scores: Scores
    log_losses: Vector | None
    tenths: dict[int, Bin] = field(default_factory=dict)
    bands: dict[str, Bin] = field(default_factory=dict)


@dataclass(frozen=True)
class BackTest:
    """One cut.

    Attributes:
        horizon_days: of the holdout.
        weight: customers per row of the holdout.
        contenders: forms, simplest first, those with season, baselines, recent shares.
    """

    horizon_days: int
    weight: Vector
    contenders: list[Contender]

    def of(self, name: str) -> Contender:
        """The contender with this name."""
        return next(contender for contender in self.contenders if contender.name == name)


def scored(
    name: str,
    forecast: Callable[[Holdout], Forecast],
    holdout: Holdout,
    spend: SpendParameters | None,
    spend_factor: float = 1.0,
) -> Contender:
    """A form's scores on a holdout.

    Args:
        name: the form's.
        forecast: what it says of a holdout, for any horizon.
        holdout: what came.
        spend: the spend model, or None.
        spend_factor: season of spend per order.
    """
    told = forecast(holdout)
    scores = order_scores(told, holdout) | spend_scores(told.orders * spend_factor, holdout, spend)
    said, came, weight = told.some_order, holdout.ordered, holdout.patterns.weight
    tenths = measures.bins_of(said, came, weight, measures.equal_count_bins(said, weight))
    bands = measures.bins_of(1 - said, 1 - came, weight, np.digitize(1 - said, BAND_LIMITS))
    by_name = {BANDS[number]: found for number, found in bands.items()}
    right = forecast(_stretched(holdout, scores["total_ratio"]))
    losses = measures.log_losses(right.some_order, came)
    return Contender(name, None, six(scores), losses, tenths, by_name)


def _stretched(holdout: Holdout, total_ratio: float | None) -> Holdout:
    """The horizon in which a form expects about what came: a busy window is like a longer one."""
    stretch = float(np.clip(1 / total_ratio, *LIMITS)) if total_ratio else 1.0
    return replace(holdout, horizon=holdout.horizon * stretch)
