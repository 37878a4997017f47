"""What the month's form would have expected of all customers on days of the past, and what came of them.

The windows of one horizon do not overlap, and the newest ends where the month before ends: every night of a
month finds the same ones, in whatever order nights run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import duckdb

from mandje.predict.inputs.cuts import Past, read_holdout, read_holdouts, read_patterns
from mandje.predict.inputs.histories import SHOP, Scope
from mandje.predict.inputs.minimum_data import HISTORY_DAYS, are_enough
from mandje.predict.models.closed_forms import mean_spend
from mandje.predict.models.holdouts import Holdout
from mandje.predict.models.ladder import EARLIER_DAYS, choose_spend_model
from mandje.predict.models.maximum_likelihood import total
from mandje.predict.models.order_model import OrderForm, OrderModel, fit_or_fall_back, purchase_form
from mandje.predict.models.parameters import SpendParameters
from mandje.predict.models.rounding import six_digits
from mandje.predict.season.tonight import seasons_tonight
from mandje.predict.season.year_before import Seasons

# Days of a window → how many windows are looked at: the shorter ones cover a year.
WINDOWS = {30: 12, 90: 4, 365: 4}


@dataclass(frozen=True)
class PastTotal:
    """One window of the past, over all customers of its cut who may be profiled.

    Attributes:
        horizon_days: its length.
        cut: last day known to the forecast; the window begins the day after.
        expected_orders: order days expected, not corrected for season; six digits, as all that is expected.
        orders: order days that came.
        expected_spend: net spend expected, not corrected, reporting currency; None without a spend model.
        spend: net spend that came, reporting currency.
        seasonal_orders: order days expected with the season known on the cut; None where none was.
        seasonal_spend: the same of net spend.
    """

    horizon_days: int
    cut: date
    expected_orders: float | None
    orders: int
    expected_spend: float | None
    spend: float
    seasonal_orders: float | None
    seasonal_spend: float | None

    @property
    def is_corrected(self) -> bool:
        """Whether a season was known on the cut."""
        return self.seasonal_orders is not None


def past_totals(  # noqa: PLR0913, PLR0917  # until when, since when, how far, by what, and of whom
    con: duckdb.DuckDBPyConnection,
    known_until: date,
    first_day: date,
    horizon_days: int,
    form: OrderForm,
    scope: Scope = SHOP,
) -> list[PastTotal]:
    """The windows of every published horizon, shortest first, each newest first.

    At each there must be what the month's judgement asks of a cut: 180 days of history, and customers enough.

    Args:
        con: the warehouse.
        known_until: end of the newest window.
        first_day: of the history.
        horizon_days: what the form is fitted for, as on every night.
        form: the month's; a simpler one stands in where it fails, as it would have then.
        scope: whom is learnt from.
    """
    past = Past(partial(read_holdout, con, scope=scope), first_day, horizon_days)
    found: list[PastTotal] = []
    for cut, lengths in windows_before(known_until, first_day).items():
        held = read_holdouts(con, cut, lengths, scope)
        if are_enough(held[lengths[0]].known):
            found += _of_cut(con, past, first_day, form, cut, held, scope)
    return sorted(found, key=lambda one: (one.horizon_days, known_until - one.cut))


def read_past_totals(kept: Iterable[Mapping[str, Any]]) -> list[PastTotal]:
    """As a month's file holds them."""
    return [PastTotal(**{**one, "cut": date.fromisoformat(one["cut"])}) for one in kept]


def windows_before(known_until: date, first_day: date) -> dict[date, list[int]]:
    """Lengths of the windows by the day before they begin: of one day, models are fitted once."""
    found: dict[date, list[int]] = {}
    for days, windows in WINDOWS.items():
        for number in range(1, windows + 1):
            cut = known_until - timedelta(days=days * number)
            if (cut - first_day).days + 1 >= HISTORY_DAYS:
                found.setdefault(cut, []).append(days)
    return found


def _of_cut(  # noqa: PLR0913, PLR0917  # where, of what, from when, by which form, when, and of whom
    con: duckdb.DuckDBPyConnection,
    past: Past,
    first_day: date,
    form: OrderForm,
    cut: date,
    held: Mapping[int, Holdout],
    scope: Scope,
) -> Iterator[PastTotal]:
    newest = next(iter(held.values()))
    known = past.cut(cut, newest.known)
    earlier = partial(read_patterns, con, cut - timedelta(days=EARLIER_DAYS), scope)
    choice, _ = fit_or_fall_back(form, known, earlier)
    if choice.model is None:
        return
    spend = choose_spend_model(newest.known_spend).parameters
    read, purchase = partial(read_holdouts, con, scope=scope), purchase_form(choice.form)
    seasons = seasons_tonight(read, cut, first_day, tuple(held), purchase, {})
    for days, holdout in held.items():
        yield _total(cut, holdout, choice.model, spend, seasons[days])


def _total(
    cut: date, held: Holdout, model: OrderModel, spend: SpendParameters | None, season: Seasons
) -> PastTotal:
    weight = held.patterns.weight
    orders, money = _expected(model, spend, held)
    in_season: tuple[float | None, float | None] = (None, None)
    if season.orders.is_known:
        stretched = replace(held, horizon=held.horizon * season.orders.factor)
        in_season = _expected(model, spend, stretched, season.spend.factor)
    return PastTotal(
        horizon_days=held.most_orders,
        cut=cut,
        expected_orders=orders,
        orders=int(total(weight * held.orders)),
        expected_spend=money,
        spend=round(total(weight * held.spend), 2),
        seasonal_orders=in_season[0],
        seasonal_spend=in_season[1],
    )


def _expected(
    model: OrderModel, spend: SpendParameters | None, held: Holdout, spend_factor: float = 1.0
) -> tuple[float | None, float | None]:
    """Order days and net spend in the horizon, summed over customers."""
    weight, orders = held.patterns.weight, model.expected_orders(held.patterns, held.horizon)
    if spend is None:
        return six_digits(total(weight * orders)), None
    money = orders * mean_spend(spend, held.spend_days, held.mean_spend) * spend_factor
    return six_digits(total(weight * orders)), six_digits(total(weight * money))
