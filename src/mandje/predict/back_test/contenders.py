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
from mandje.predict.season.year_before import Seasons


def with_season(form: str) -> str:
    """Name of a form that is corrected for the season."""
    return f"{form} with season"


@dataclass(frozen=True)
class Contender:
    """How one form or baseline did after one cut.

    Attributes:
        name: the form's, or the baseline's.
        fault: why it has no scores, or None.
        scores: by name of the measure; six digits.
        log_losses: of "order in the horizon" per row of the holdout, with the form's total put right: forms
            are compared by whom they tell apart. None for baselines, faulty forms and those with season.
        tenths: by number from 0, P(an order) and who ordered; empty for baselines and faulty forms.
        bands: by churn band, P(no order) and who did not order; likewise.
        season_factor: by how much the horizon is stretched; None where no season corrects.
    """

    name: str
    fault: str | None
    scores: Scores
    log_losses: Vector | None
    tenths: dict[int, Bin] = field(default_factory=dict)
    bands: dict[str, Bin] = field(default_factory=dict)
    season_factor: float | None = None


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

    @property
    def published(self) -> list[Contender]:
        """The same as forecasts are published: each form with its season, where one was known at the cut."""
        in_season = {one.name: one for one in self.contenders if one.season_factor is not None}
        plain = [one for one in self.contenders if one.season_factor is None]
        return [replace(in_season.get(with_season(one.name), one), name=one.name) for one in plain]


def scored(
    name: str, forecast: Callable[[Holdout], Forecast], holdout: Holdout, spend: SpendParameters | None
) -> Contender:
    """A form's scores on a holdout.

    Args:
        name: the form's.
        forecast: what it says of a holdout, for any horizon.
        holdout: what came.
        spend: the spend model, or None.
    """
    told = forecast(holdout)
    ratio = measures.total_ratio(told.orders, holdout.orders, holdout.patterns.weight)
    right = forecast(_stretched(holdout, ratio)).some_order
    found = _scored(name, told, told.some_order, holdout, spend)
    return replace(found, log_losses=measures.log_losses(right, holdout.ordered))


def scored_in_season(  # noqa: PLR0913, PLR0917  # whose, what it says with and without, beside what came
    name: str,
    told: Forecast,
    steady: Vector,
    holdout: Holdout,
    spend: SpendParameters | None,
    seasons: Seasons,
) -> Contender:
    """The scores of a form that is corrected for the season. It never competes: its total is no merit.

    Args:
        name: the form's.
        told: what it says of a holdout.
        steady: P(an order) without the season, by which bands are given, as they are published.
        holdout: what came.
        spend: the spend model, or None.
        seasons: what corrects it.
    """
    found = _scored(with_season(name), told, steady, holdout, spend, seasons.spend.factor)
    return replace(found, season_factor=seasons.orders.factor)


def _scored(  # noqa: PLR0913, PLR0917  # as `scored_in_season`
    name: str,
    told: Forecast,
    steady: Vector,
    holdout: Holdout,
    spend: SpendParameters | None,
    spend_factor: float = 1.0,
) -> Contender:
    scores = order_scores(told, holdout) | spend_scores(told.orders * spend_factor, holdout, spend)
    said, came, weight = told.some_order, holdout.ordered, holdout.patterns.weight
    tenths = measures.bins_of(said, came, weight, measures.equal_count_bins(said, weight))
    bands = measures.bins_of(1 - said, 1 - came, weight, np.digitize(1 - steady, BAND_LIMITS))
    by_name = {BANDS[number]: found for number, found in bands.items()}
    return Contender(name, None, six(scores), None, tenths, by_name)


def _stretched(holdout: Holdout, total_ratio: float | None) -> Holdout:
    """The horizon in which a form expects about what came: a busy window is like a longer one."""
    stretch = float(np.clip(1 / total_ratio, *LIMITS)) if total_ratio else 1.0
    return replace(holdout, horizon=holdout.horizon * stretch)
