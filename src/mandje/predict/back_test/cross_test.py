"""The forms compared on the inner cut itself, each customer by what others did."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mandje.predict.back_test.baselines import baselines
from mandje.predict.back_test.contenders import BackTest, Contender, scored
from mandje.predict.back_test.forecasts import Forecast, forecast_holdout
from mandje.predict.models.holdouts import Cut, Holdout
from mandje.predict.models.ladder import choose_purchase_model
from mandje.predict.models.order_model import ORDER_FORMS, OrderForm, OrderModel, purchase_form
from mandje.predict.models.parameters import PurchaseParameters, PurchasePatterns
from mandje.predict.models.stack import Lesson, Stack, fit_stack

_FOLDS = 5


def cross_test(cut: Cut, earlier: Callable[[], PurchasePatterns]) -> BackTest:
    """Compare the forms on the inner cut itself, where the history is too short for a cut of its own.

    What came after the inner cut is what the stack learns from: it forecasts each fifth of the customers as
    learnt from the other four. The purchase models never look at it.
    """
    known = cut.inner.where(cut.inner.is_in_fit)
    forms = [_crossed(form, known, earlier) for form in ORDER_FORMS]
    return BackTest(known.most_orders, known.patterns.weight, [*forms, *baselines(known)])


def _crossed(form: OrderForm, known: Holdout, earlier: Callable[[], PurchasePatterns]) -> Contender:
    ladder = choose_purchase_model(known.known, earlier, purchase_form(form))
    if ladder.parameters is None:
        return Contender(form, str(ladder.rungs[-1]["fault"]), {}, None)
    if form != "stack":
        return scored(form, partial(forecast_holdout, OrderModel(ladder.parameters)), known, None)
    stacks = [_learnt_from_others(ladder.parameters, known, fold) for fold in range(_FOLDS)]
    fault = next((stack.fault for stack in stacks if stack.fault), None)
    if fault:
        return Contender(form, fault, {}, None)
    models = [OrderModel(ladder.parameters, stack) for stack in stacks]
    return scored(form, partial(_forecast_by_fold, models), known, None)


def _forecast_by_fold(models: list[OrderModel], known: Holdout) -> Forecast:
    """Of each customer what the model of the own fold says, which has not learnt from it."""
    each, fold = [forecast_holdout(model, known) for model in models], _fold(known)
    picked = (np.choose(fold, [getattr(one, name) for one in each]) for name in vars(each[0]))
    return Forecast(*picked)


def _learnt_from_others(model: PurchaseParameters, known: Holdout, fold: int) -> Stack:
    others = _fold(known) != fold
    lesson = Lesson(model, known.patterns.where(others), known.ordered[others], known.horizon)
    return fit_stack([lesson], known.horizon)


def _fold(known: Holdout) -> NDArray[np.int64]:
    """Rows come in a fixed order, so that taking turns is fair and the same every night."""
    return np.arange(len(known.orders)) % _FOLDS
