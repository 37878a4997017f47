"""All forms and the plain baselines, fitted on what was known at a cut, against what came after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from mandje.predict.back_test import measures
from mandje.predict.back_test.measures import Bin
from mandje.predict.models.closed_forms import expected_orders, mean_spend, some_order_if_alive
from mandje.predict.models.holdouts import Cut, Holdout
from mandje.predict.models.ladder import choose_purchase_model, choose_spend_model
from mandje.predict.models.order_count_distribution import exceedance, order_count_distribution
from mandje.predict.models.order_model import (
    ORDER_FORMS,
    OrderChoice,
    OrderForm,
    OrderModel,
    fit_form,
    purchase_form,
)
from mandje.predict.models.parameters import (
    PurchaseForm,
    PurchaseParameters,
    PurchasePatterns,
    SpendParameters,
    Vector,
)
from mandje.predict.models.rounding import six_digits
from mandje.predict.models.stack import Stack, fit_stack
from mandje.predict.scores.columns import BAND_LIMITS, BANDS
from mandje.predict.season.factor import LIMITS
from mandje.predict.season.year_before import Seasons

Scores = dict[str, float | None]

WITH_SEASON = "with season"
_FOLDS = 5
_NO_SEASONS: Mapping[PurchaseForm, Seasons] = MappingProxyType({})


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
        contenders: forms, simplest first, then those with season, then baselines.
    """

    horizon_days: int
    weight: Vector
    contenders: list[Contender]

    def of(self, name: str) -> Contender:
        """The contender with this name."""
        return next(contender for contender in self.contenders if contender.name == name)


@dataclass(frozen=True)
class Forecast:
    """What a form says of every row of a holdout.

    Attributes:
        some_order: P(an order).
        orders: expected orders.
        pit: share of the row's randomised probability integral transform that lies in [0.1, 0.9].
    """

    some_order: Vector
    orders: Vector
    pit: Vector


def back_test(
    cut: Cut,
    holdout: Holdout,
    earlier: Callable[[], PurchasePatterns],
    seasons: Mapping[PurchaseForm, Seasons] = _NO_SEASONS,
) -> BackTest:
    """Fit every form at the cut and score it, beside the baselines, on the holdout after the cut.

    Args:
        cut: what is known.
        holdout: everybody at the cut, and what came.
        earlier: gives older patterns for the last rung of the ladder.
        seasons: by purchase model; a form whose model has one is scored with it too.
    """
    spend = choose_spend_model(holdout.known_spend).parameters
    choices = [fit_form(form, cut, earlier) for form in ORDER_FORMS]
    forms = [_form(choice, holdout, spend) for choice in choices]
    with_season = [
        _in_season(choice.form, choice.model, holdout, spend, found)
        for choice in choices
        if choice.model and (found := seasons.get(purchase_form(choice.form))) and not found.orders.reason
    ]
    contenders = [*forms, *with_season, *_baselines(holdout)]
    return BackTest(holdout.most_orders, holdout.patterns.weight, contenders)


def _form(choice: OrderChoice, holdout: Holdout, spend: SpendParameters | None) -> Contender:
    if choice.model is None:
        return Contender(choice.form, choice.fault, {}, None)
    return _scored(choice.form, partial(forecast_holdout, choice.model), holdout, spend)


def _in_season(
    form: OrderForm, model: OrderModel, holdout: Holdout, spend: SpendParameters | None, seasons: Seasons
) -> Contender:
    """The form with its horizon stretched, on the same holdout; who is still a customer stays as it is."""
    forecast = partial(_forecast_in_season, model, seasons.orders.factor)
    return _scored(f"{form} {WITH_SEASON}", forecast, holdout, spend, seasons.spend.factor)


def _forecast_in_season(model: OrderModel, factor: float, holdout: Holdout) -> Forecast:
    return forecast_holdout(model, replace(holdout, horizon=holdout.horizon * factor))


def _scored(
    name: str,
    forecast: Callable[[Holdout], Forecast],
    holdout: Holdout,
    spend: SpendParameters | None,
    spend_factor: float = 1.0,
) -> Contender:
    told = forecast(holdout)
    scores = _order_scores(told, holdout) | _spend_scores(told.orders * spend_factor, holdout, spend)
    said, came, weight = told.some_order, holdout.ordered, holdout.patterns.weight
    tenths = measures.bins_of(said, came, weight, measures.equal_count_bins(said, weight))
    bands = measures.bins_of(1 - said, 1 - came, weight, np.digitize(1 - said, BAND_LIMITS))
    by_name = {BANDS[number]: found for number, found in bands.items()}
    right = forecast(_stretched(holdout, scores["total_ratio"]))
    losses = measures.log_losses(right.some_order, came)
    return Contender(name, None, _six(scores), losses, tenths, by_name)


def _stretched(holdout: Holdout, total_ratio: float | None) -> Holdout:
    """The horizon in which a form expects about what came: a busy window is like a longer one."""
    stretch = float(np.clip(1 / total_ratio, *LIMITS)) if total_ratio else 1.0
    return replace(holdout, horizon=holdout.horizon * stretch)


def forecast_holdout(model: OrderModel, holdout: Holdout) -> Forecast:
    """What the model says of every row of the holdout."""
    known = holdout.patterns
    alive = model.weight(known.frequency, known.recency, known.age)
    pairs, row = np.unique(np.column_stack([known.frequency, known.age]), axis=0, return_inverse=True)
    x, age = pairs[:, 0].copy(), pairs[:, 1].copy()
    orders = expected_orders(model.purchase, x, age, [holdout.horizon])[0][row]
    some_order = alive * some_order_if_alive(model.purchase, x, age, holdout.horizon)[row]
    beyond = exceedance(
        order_count_distribution(model.purchase, x, age, holdout.horizon, holdout.most_orders)
    )
    pit = measures.pit_inside(beyond, row, alive, holdout.orders)
    return Forecast(some_order, alive * orders, pit)


def cross_test(cut: Cut, earlier: Callable[[], PurchasePatterns]) -> BackTest:
    """Compare the forms on the inner cut itself, where the history is too short for a cut of its own.

    What came after the inner cut is what the stack learns from: it forecasts each fifth of the customers as
    learnt from the other four. The purchase models never look at it.
    """
    known = cut.inner.where(cut.inner.is_in_fit)
    forms = [_crossed(form, known, earlier) for form in ORDER_FORMS]
    return BackTest(known.most_orders, known.patterns.weight, [*forms, *_baselines(known)])


def _crossed(form: OrderForm, known: Holdout, earlier: Callable[[], PurchasePatterns]) -> Contender:
    ladder = choose_purchase_model(known.known, earlier, purchase_form(form))
    if ladder.parameters is None:
        return Contender(form, str(ladder.rungs[-1]["fault"]), {}, None)
    if form != "stack":
        return _scored(form, partial(forecast_holdout, OrderModel(ladder.parameters)), known, None)
    stacks = [_learnt_from_others(ladder.parameters, known, fold) for fold in range(_FOLDS)]
    fault = next((stack.fault for stack in stacks if stack.fault), None)
    if fault:
        return Contender(form, fault, {}, None)
    models = [OrderModel(ladder.parameters, stack) for stack in stacks]
    return _scored(form, partial(_forecast_by_fold, models), known, None)


def _forecast_by_fold(models: list[OrderModel], known: Holdout) -> Forecast:
    """Of each customer what the model of the own fold says, which has not learnt from it."""
    each, fold = [forecast_holdout(model, known) for model in models], _fold(known)
    picked = (
        np.choose(fold, [getattr(one, name) for one in each]) for name in ("some_order", "orders", "pit")
    )
    return Forecast(*picked)


def _learnt_from_others(model: PurchaseParameters, known: Holdout, fold: int) -> Stack:
    others = _fold(known) != fold
    return fit_stack(model, known.patterns.where(others), known.ordered[others], known.horizon, known.horizon)


def _fold(known: Holdout) -> NDArray[np.int64]:
    """Rows come in a fixed order, so that taking turns is fair and the same every night."""
    return np.arange(len(known.orders)) % _FOLDS


def _order_scores(forecast: Forecast, holdout: Holdout) -> Scores:
    weight = holdout.patterns.weight
    return (
        _probability_scores(forecast.some_order, holdout)
        | _count_scores(forecast.orders, holdout)
        | {
            "auc": measures.auc(forecast.some_order, holdout.ordered, weight),
            "pit_share": measures.mean(forecast.pit, weight),
        }
    )


def _probability_scores(probability: Vector, holdout: Holdout) -> Scores:
    event, weight = holdout.ordered, holdout.patterns.weight
    return {
        "brier": measures.brier(probability, event, weight),
        "log_loss": measures.mean(measures.log_losses(probability, event), weight),
        "calibration_error": measures.calibration_error(probability, event, weight),
    }


def _count_scores(expected: Vector, holdout: Holdout) -> Scores:
    orders, weight = holdout.orders, holdout.patterns.weight
    return {
        "total_ratio": measures.total_ratio(expected, orders, weight),
        "mean_absolute_error": measures.mean_absolute_error(expected, orders, weight),
    } | _ranking_scores(expected, holdout)


def _ranking_scores(score: Vector, holdout: Holdout) -> Scores:
    weight = holdout.patterns.weight
    return {
        "auc": measures.auc(score, holdout.ordered, weight),
        "top_orders_share": measures.top_share(score, holdout.orders, weight),
        "top_spend_share": measures.top_share(score, holdout.spend, weight),
    }


def _spend_scores(orders: Vector, holdout: Holdout, model: SpendParameters | None) -> Scores:
    """With a spend model the spend ranks by itself, not by the orders."""
    if model is None:
        return {"total_spend_ratio": None}
    weight = holdout.patterns.weight
    expected = orders * mean_spend(model, holdout.spend_days, holdout.mean_spend)
    return {
        "total_spend_ratio": measures.total_ratio(expected, holdout.spend, weight),
        "top_spend_share": measures.top_share(expected, holdout.spend, weight),
    }


def _baselines(holdout: Holdout) -> list[Contender]:
    """Latest first, busiest first, the last count again; and, with hindsight, one probability for all.

    That one is the share that did order: no constant can do better.
    """
    known = holdout.patterns
    share = measures.mean(holdout.ordered, holdout.patterns.weight)
    scores = {
        "recency": _ranking_scores(known.recency - known.age, holdout),
        "frequency": _ranking_scores(known.frequency, holdout),
        "repeat_last_count": _count_scores(holdout.recent_orders, holdout),
        "base_rate": _probability_scores(np.full_like(known.age, share), holdout),
    }
    return [Contender(name, None, _six(found), None) for name, found in scores.items()]


def _six(scores: Scores) -> Scores:
    return {name: None if score is None else six_digits(score) for name, score in scores.items()}
