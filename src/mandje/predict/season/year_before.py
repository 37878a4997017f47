"""The factors of a horizon after a cut, from the same weeks of the year before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from mandje.predict.inputs.minimum_data import HISTORY_DAYS
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import SpendChoice, choose_purchase_model, choose_spend_model
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.parameters import PurchaseForm
from mandje.predict.season.factor import Season, season_of_orders, season_of_spend, uncorrected

# Fewer than this that came make a ratio of chance.
LEAST_ORDER_DAYS = 200
_WEEKS_OF_A_YEAR = 52
# The last rung of the ladder, seen from the base day.
_EARLIER_DAYS = 30

ReadHoldout = Callable[[date], Holdout]


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


def base_day(cut: date, horizon_days: int) -> date:
    """The day a year before, or just earlier, whose whole horizon is over by the cut.

    Whole weeks before, so that weekdays stay: 364 days for a horizon of up to 364, 371 for up to
    371. For longer ones it is as many years as they need.
    """
    weeks = ceil(horizon_days / 7)
    years = ceil(weeks / (_WEEKS_OF_A_YEAR + 1))
    return cut - timedelta(weeks=max(years * _WEEKS_OF_A_YEAR, weeks))


def find_seasons(
    read: ReadHoldout, cut: date, first_day: date, horizon_days: int, forms: tuple[PurchaseForm, ...]
) -> dict[PurchaseForm, Seasons]:
    """The factors of a horizon after a cut, by purchase model; 1 and the reason where there are none.

    The model is fitted anew on what was known on the base day, never corrected by a stack: that one
    would have to be learnt another year before. Only those whom it may learn from are compared.

    Args:
        read: gives what was known at the end of a day, and what came in the horizon after it.
        cut: last day known.
        first_day: of the history.
        horizon_days: days after the cut.
        forms: the purchase models.
    """
    day = base_day(cut, horizon_days)
    begin = day - timedelta(days=HISTORY_DAYS - 1)
    if first_day > begin:
        reason = f"no year of history (orders begin on {first_day}; by {begin} would do)"
        return dict.fromkeys(forms, _without(horizon_days, uncorrected(day, 0, reason)))
    held = read(day)
    held = held.where(held.is_in_fit)
    came = int(total(held.patterns.weight * held.orders))
    if came < LEAST_ORDER_DAYS:
        reason = f"{came} orders came in the {horizon_days} days after {day}, {LEAST_ORDER_DAYS} needed"
        return dict.fromkeys(forms, _without(horizon_days, uncorrected(day, came, reason)))
    spend = choose_spend_model(held.known_spend)
    return {form: _of_form(form, read, held, spend, day) for form in forms}


def _without(horizon_days: int, season: Season) -> Seasons:
    return Seasons(horizon_days, season, season)


def _of_form(form: PurchaseForm, read: ReadHoldout, held: Holdout, spend: SpendChoice, day: date) -> Seasons:
    ladder = choose_purchase_model(held.known, lambda: read(day - timedelta(days=_EARLIER_DAYS)).known, form)
    came = int(total(held.patterns.weight * held.orders))
    if ladder.fit is None:
        reason = f"{form} cannot be fitted on {day}: {ladder.rungs[-1]['fault']}"
        return _without(held.most_orders, uncorrected(day, came, reason))
    orders = season_of_orders(ladder.fit, held, day)
    if spend.fit is None or total(held.patterns.weight * held.spend) <= 0:
        reason = f"{spend.explanation or 'nothing was spent'} on {day}"
        return Seasons(held.most_orders, orders, uncorrected(day, came, reason))
    return Seasons(held.most_orders, orders, season_of_spend(ladder.fit, spend.fit, held, day))
