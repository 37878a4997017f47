"""All forms and the plain baselines, fitted on what was known at a cut, against what came after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from mandje.predict.back_test.baselines import baselines
from mandje.predict.back_test.contenders import BackTest, Contender, scored, scored_in_season
from mandje.predict.back_test.forecasts import forecast_holdout, forecast_in_season, some_order
from mandje.predict.models.holdouts import Cut, Holdout
from mandje.predict.models.ladder import choose_spend_model
from mandje.predict.models.order_model import (
    ORDER_FORMS,
    OrderChoice,
    OrderForm,
    OrderModel,
    fit_form,
    purchase_form,
)
from mandje.predict.models.parameters import PurchaseForm, PurchasePatterns, SpendParameters
from mandje.predict.season.year_before import Seasons

_NO_SEASONS: Mapping[PurchaseForm, Seasons] = MappingProxyType({})


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
        seasons: by purchase model; a form whose model has one is scored with it, too.
    """
    spend = choose_spend_model(holdout.known_spend).parameters
    choices = [fit_form(form, cut, earlier) for form in ORDER_FORMS]
    forms = [_form(choice, holdout, spend) for choice in choices]
    with_season = [
        _in_season(choice.form, choice.model, holdout, spend, found)
        for choice in choices
        if choice.model and (found := seasons.get(purchase_form(choice.form))) and found.orders.is_known
    ]
    contenders = [*forms, *with_season, *baselines(holdout)]
    return BackTest(holdout.most_orders, holdout.patterns.weight, contenders)


def _form(choice: OrderChoice, holdout: Holdout, spend: SpendParameters | None) -> Contender:
    if choice.model is None:
        return Contender(choice.form, choice.fault, {}, None)
    return scored(choice.form, partial(forecast_holdout, choice.model), holdout, spend)


def _in_season(
    form: OrderForm, model: OrderModel, holdout: Holdout, spend: SpendParameters | None, seasons: Seasons
) -> Contender:
    """The form with its horizon stretched, on the same holdout; who is still a customer stays as it is."""
    told = forecast_in_season(model, seasons.orders.factor, holdout)
    steady = some_order(model, holdout)
    return scored_in_season(form, told, steady, holdout, spend, seasons)
