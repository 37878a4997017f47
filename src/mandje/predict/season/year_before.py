"""The factors of a horizon after a cut, from the same weeks of the year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from mandje.predict.inputs.minimum_data import HISTORY_DAYS
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import (
    EARLIER_DAYS,
    PurchaseChoice,
    SpendChoice,
    choose_purchase_model,
    choose_spend_model,
)
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.parameters import PurchaseForm, PurchasePatterns
from mandje.predict.season.factor import (
    Expected,
    Season,
    expected_in,
    season_of_orders,
    season_of_spend,
    uncorrected,
)

# Fewer than this that came make a ratio of chance.
LEAST_ORDER_DAYS = 200
# Whole weeks, so that weekdays stay.
A_YEAR = 364

ReadHoldout = Callable[[date], Holdout]
ReadAhead = Callable[[date, Sequence[int]], Mapping[int, Holdout]]


@dataclass(frozen=True)
class Seasons:
    """What the season does to a horizon, by the purchase model beneath a form.

    Attributes:
        horizon_days: days after the cut.
        orders: the factor g that stretches the horizon.
        spend: the factor v of spend per order.
    """

    horizon_days: int
    orders: Season
    spend: Season


def base_day(cut: date) -> date:
    """The day a year before: the whole of any shorter horizon after it is over by the cut."""
    return cut - timedelta(days=A_YEAR)


def find_seasons(
    read: ReadHoldout, cut: date, first_day: date, horizon_days: int, forms: tuple[PurchaseForm, ...]
) -> dict[PurchaseForm, Seasons]:
    """The factors of one horizon after a cut, by purchase model; 1 and the reason where there are none.

    Args:
        read: gives what was known at the end of a day, and what came in the horizon after it.
        cut: last day known.
        first_day: of the history.
        horizon_days: days after the cut.
        forms: the purchase models.
    """
    found = seasons_by_horizon(
        lambda day, _: {horizon_days: read(day)}, cut, first_day, (horizon_days,), forms
    )
    return {form: by_horizon[horizon_days] for form, by_horizon in found.items()}


def seasons_by_horizon(
    read: ReadAhead, cut: date, first_day: date, horizons: Sequence[int], forms: tuple[PurchaseForm, ...]
) -> dict[PurchaseForm, dict[int, Seasons]]:
    """The same of several horizons: they share the base day, where each model is fitted once.

    The model is fitted anew on what was known on the base day, never corrected by a stack: that one
    would have to be learnt another year before. Only those whom it may learn from are compared.

    Args:
        read: gives what was known at the end of a day, and what came in so many days after it, by days.
        cut: last day known.
        first_day: of the history.
        horizons: days after the cut.
        forms: the purchase models.
    """
    then = _YearBefore(read, base_day(cut), first_day, tuple(days for days in horizons if days < A_YEAR))
    return {form: {days: then.seasons(days, form) for days in horizons} for form in forms}


class _YearBefore:
    """What a base day knew; its windows are read, and a model fitted, when they are first needed."""

    def __init__(self, read: ReadAhead, day: date, first_day: date, horizons: Sequence[int]) -> None:
        self._read, self._day, self._first_day, self._horizons = read, day, first_day, horizons
        self._models: dict[PurchaseForm, tuple[PurchaseChoice, dict[int, Expected]]] = {}

    def seasons(self, horizon_days: int, form: PurchaseForm) -> Seasons:
        """The factors of a horizon."""
        if horizon_days >= A_YEAR:
            return _without(horizon_days, uncorrected(None, 0, "a year has every season once"))
        begin = self._day - timedelta(days=HISTORY_DAYS - 1)
        if self._first_day > begin:
            reason = f"no year of history (orders begin on {self._first_day}; by {begin} would do)"
            return _without(horizon_days, uncorrected(None, 0, reason))
        held = self._windows[horizon_days]
        came = int(total(held.patterns.weight * held.orders))
        if came < LEAST_ORDER_DAYS:
            reason = (
                f"{came} orders came in the {horizon_days} days after {self._day}, {LEAST_ORDER_DAYS} needed"
            )
            return _without(horizon_days, uncorrected(self._day, came, reason))
        return self._compare(held, came, form)

    def _compare(self, held: Holdout, came: int, form: PurchaseForm) -> Seasons:
        day, days, spend = self._day, held.most_orders, self._spend
        model, expected = self._model(form)
        if model.fit is None:
            reason = f"{form} cannot be fitted on {day}: {model.rungs[-1]['fault']}"
            return _without(days, uncorrected(day, came, reason))
        orders = season_of_orders(expected[days], day)
        if spend.fit is None or total(held.patterns.weight * held.spend) <= 0:
            reason = f"{spend.explanation or 'nothing was spent'} on {day}"
            return Seasons(days, orders, uncorrected(day, came, reason))
        return Seasons(days, orders, season_of_spend(expected[days], spend.fit, day))

    @cached_property
    def _windows(self) -> dict[int, Holdout]:
        held = self._read(self._day, self._horizons)
        return {days: one.where(one.is_in_fit) for days, one in held.items()}

    @property
    def _then(self) -> Holdout:
        """Whatever window: all know the same."""
        return next(iter(self._windows.values()))

    @cached_property
    def _known(self) -> PurchasePatterns:
        return self._then.known

    def _model(self, form: PurchaseForm) -> tuple[PurchaseChoice, dict[int, Expected]]:
        """Fitted, and what it expects of every window."""
        if form not in self._models:
            earlier = self._day - timedelta(days=EARLIER_DAYS)
            model = choose_purchase_model(self._then.known, lambda: self._read(earlier, (1,))[1].known, form)
            told = expected_in(model.fit, list(self._windows.values())) if model.fit else []
            self._models[form] = model, {one.held.most_orders: one for one in told}
        return self._models[form]

    @cached_property
    def _spend(self) -> SpendChoice:
        return choose_spend_model(self._then.known_spend)


def _without(horizon_days: int, season: Season) -> Seasons:
    return Seasons(horizon_days, season, season)
