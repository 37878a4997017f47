"""The seasons of all published horizons, for the shop or for a site; and what is published of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from mandje.predict.models.parameters import PurchaseForm
from mandje.predict.models.rounding import six_digits
from mandje.predict.season.factor import Season, uncorrected
from mandje.predict.season.year_before import ReadAhead, Seasons, seasons_by_horizon

# What `season_row` tells besides the horizon.
SEASON_COLUMNS: dict[str, pl.DataType] = {
    "season_factor": pl.Float64(),
    "season_factor_seen": pl.Float64(),
    "season_error": pl.Float64(),
    "season_first_date": pl.Date(),
    "season_last_date": pl.Date(),
    "season_order_count": pl.Int64(),
    "season_reason": pl.String(),
    "spend_factor": pl.Float64(),
    "spend_factor_seen": pl.Float64(),
    "spend_factor_error": pl.Float64(),
    "spend_reason": pl.String(),
}


def seasons_tonight(  # noqa: PLR0913, PLR0917  # of what, when, how far, by which model, and whose stand in
    read: ReadAhead,
    as_of_date: date,
    first_day: date,
    horizons: Sequence[int],
    form: PurchaseForm,
    of_shop: Mapping[int, Seasons],
) -> dict[int, Seasons]:
    """The factors by horizon in days, ascending: a longer horizon is longer in the model's time, too.

    Args:
        read: gives what was known at the end of a day, and what came in so many days after it, by days.
        as_of_date: last day known.
        first_day: of the history.
        horizons: days, ascending.
        form: the purchase model beneath the night's form.
        of_shop: what stands in where a site knows too little; empty for the shop itself.
    """
    found = seasons_by_horizon(read, as_of_date, first_day, horizons, (form,))[form]
    return _rising({days: _or_shops(seasons, of_shop.get(days)) for days, seasons in found.items()})


def seasons_then(
    read: ReadAhead,
    day: date,
    first_day: date,
    horizons: Sequence[int],
    forms: tuple[PurchaseForm, ...],
) -> dict[PurchaseForm, dict[int, Seasons]]:
    """What the shop's night of a day of the past would have used, by purchase model; else as above."""
    found = seasons_by_horizon(read, day, first_day, horizons, forms)
    return {form: _rising(seasons) for form, seasons in found.items()}


def no_seasons(horizons: Sequence[int], reason: str) -> dict[int, Seasons]:
    """Where nothing is forecast, nothing is corrected."""
    nothing = uncorrected(None, 0, reason)
    return {days: Seasons(days, nothing, nothing) for days in horizons}


def _or_shops(own: Seasons, shops: Seasons | None) -> Seasons:
    if shops is None:
        return own
    return Seasons(own.horizon_days, _either(own.orders, shops.orders), _either(own.spend, shops.spend))


def _either(own: Season, shops: Season) -> Season:
    if own.is_known or not shops.is_known:
        return own
    return replace(shops, reason=f"the shop's factor; of the site: {own.reason}")


def _rising(seasons: dict[int, Seasons]) -> dict[int, Seasons]:
    """Where a horizon would not be shorter than the next in the model's time, that one's factor is taken."""
    found = dict(seasons)
    for short, long in reversed(list(pairwise(sorted(found)))):
        ours, theirs = found[short].orders, found[long].orders
        if short * ours.factor >= long * theirs.factor:
            reason = f"{ours.factor:.3f} would stretch {short} days beyond {long} days: their factor is taken"
            found[short] = replace(found[short], orders=replace(ours, factor=theirs.factor, reason=reason))
    return found


def season_row(seasons: Seasons) -> dict[str, object]:
    """What is published of a horizon: the factors, and what they rest on; numbers to six digits.

    The days of the window are told where one was looked at.
    """
    orders, spend = seasons.orders, seasons.spend
    begin = orders.base_day
    return {
        "horizon_days": seasons.horizon_days,
        "season_factor": orders.factor,
        "season_factor_seen": _six(orders.unshrunk),
        "season_error": _six(orders.standard_error),
        "season_first_date": begin and begin + timedelta(days=1),
        "season_last_date": begin and begin + timedelta(days=seasons.horizon_days),
        "season_order_count": orders.order_days,
        "season_reason": orders.reason,
        "spend_factor": spend.factor,
        "spend_factor_seen": _six(spend.unshrunk),
        "spend_factor_error": _six(spend.standard_error),
        "spend_reason": spend.reason,
    }


def _six(number: float | None) -> float | None:
    return None if number is None else six_digits(number)
