"""The forms that compete, fitted: a purchase model, perhaps corrected by a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mandje.predict.models.closed_forms import alive_probability, expected_orders
from mandje.predict.models.holdouts import Cut
from mandje.predict.models.ladder import PurchaseChoice, choose_purchase_model
from mandje.predict.models.parameters import PurchaseForm, PurchaseParameters, PurchasePatterns, Vector
from mandje.predict.models.stack import Lesson, Stack, fit_stack

OrderForm = Literal["BG/NBD", "MBG/NBD", "stack"]
# Simplest first: a later one must earn its place, and what fails tonight falls back towards the first.
ORDER_FORMS: tuple[OrderForm, ...] = ("BG/NBD", "MBG/NBD", "stack")


def purchase_form(form: OrderForm) -> PurchaseForm:
    """The purchase model of a form."""
    return "BG/NBD" if form == "stack" else form


@dataclass(frozen=True)
class OrderModel:
    """What forecasts orders.

    Attributes:
        purchase: the purchase model; given that a customer orders again at all, the law of orders is its own.
        stack: the correction, or None.
    """

    purchase: PurchaseParameters
    stack: Stack | None = None

    def weight(self, x: Vector, t_x: Vector, age: Vector) -> Vector:
        """The weight of the law given alive, per history: P(alive), or the order weight of the stack."""
        if self.stack is None:
            return alive_probability(self.purchase, x, t_x, age)
        return self.stack.order_weight(self.purchase, PurchasePatterns(x, t_x, age, np.ones_like(x)))

    def expected_orders(self, known: PurchasePatterns, horizon: float) -> Vector:
        """Order days expected in the horizon per history; equal (x, T) are worked out once."""
        columns = np.column_stack([known.frequency, known.age])
        pairs, row = np.unique(columns, axis=0, return_inverse=True)
        given_alive = expected_orders(self.purchase, pairs[:, 0].copy(), pairs[:, 1].copy(), [horizon])[0]
        return np.asarray(self.weight(known.frequency, known.recency, known.age) * given_alive[row])


@dataclass(frozen=True)
class OrderChoice:
    """A form, fitted.

    Attributes:
        form: which form it is.
        ladder: how its purchase model came about.
        model: what forecasts, or None.
        fault: why there is none, or None.
    """

    form: OrderForm
    ladder: PurchaseChoice
    model: OrderModel | None
    fault: str | None


def fit_form(form: OrderForm, cut: Cut, earlier: Callable[[], PurchasePatterns]) -> OrderChoice:
    """Fit a form on what is known at a cut; nothing after the cut is looked at.

    Args:
        form: the form.
        cut: histories at the cut and, for the stack, at its inner cut.
        earlier: gives older patterns for the last rung of the ladder.
    """
    ladder = choose_purchase_model(cut.known, earlier, purchase_form(form))
    if ladder.parameters is None:
        return OrderChoice(form, ladder, None, str(ladder.rungs[-1]["fault"]))
    if form != "stack":
        return OrderChoice(form, ladder, OrderModel(ladder.parameters), None)
    stack, fault = _learn_stack(cut, earlier)
    return OrderChoice(form, ladder, None if fault else OrderModel(ladder.parameters, stack), fault)


def _learn_stack(cut: Cut, earlier: Callable[[], PurchasePatterns]) -> tuple[Stack | None, str | None]:
    """The correction of the windows' own purchase models or the inner cut's, or why there is none."""
    lessons = cut.lessons
    if not lessons:
        inner = cut.inner
        ladder = choose_purchase_model(inner.known, earlier)
        if ladder.parameters is None:
            return (
                None,
                f"no purchase model on the day that the stack learns from: {ladder.rungs[-1]['fault']}",
            )
        seen = inner.where(inner.is_in_fit)
        lessons = [Lesson(ladder.parameters, seen.patterns, seen.ordered, inner.horizon)]
    stack = fit_stack(lessons, cut.horizon)
    return stack, stack.fault


def fit_or_fall_back(
    champion: OrderForm, cut: Cut, earlier: Callable[[], PurchasePatterns]
) -> tuple[OrderChoice, list[str]]:
    """Fit the champion; where it fails, the next simpler form, with a warning for each that failed."""
    forms = ORDER_FORMS[ORDER_FORMS.index(champion) :: -1]
    warnings = []
    for form in forms:
        choice = fit_form(form, cut, earlier)
        if choice.model is not None:
            break
        warnings.append(f"{form} cannot be used tonight: {choice.fault}")
    return choice, warnings
