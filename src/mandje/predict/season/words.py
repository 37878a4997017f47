"""The season in words, beside the numbers that it corrects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mandje.predict.models.parameters import PurchaseForm
from mandje.predict.season.factor import Season
from mandje.predict.season.year_before import Seasons

_A_YEAR = 364


def season_lines(seasons: Mapping[PurchaseForm, Seasons]) -> Iterator[str]:
    """What corrects orders and spend per order and what it rests on, or why nothing does; each said once."""
    reasons = {found.orders.reason: form for form, found in seasons.items()}
    if len(reasons) == 1 and None not in reasons:
        yield f"not corrected for season: {next(iter(reasons))}"
        return
    for form, found in seasons.items():
        yield f"{form}: {_orders(found)}; {_spend(found.spend)}."


def _orders(found: Seasons) -> str:
    season = found.orders
    if season.reason:
        return f"not corrected for season: {season.reason}"
    name = "growth over a year" if found.horizon_days >= _A_YEAR else "season"
    return (
        f"{name} {season.factor:.3f} ({_seen(season)}): after {season.base_day} {season.order_days:,} order days "
        f"came where {season.order_days / (season.unshrunk or 1):,.0f} were expected"
    )


def _spend(season: Season) -> str:
    if season.reason:
        return f"spend per order as it is: {season.reason}"
    return f"spend per order {season.factor:.3f} ({_seen(season)})"


def _seen(season: Season) -> str:
    """What was seen, and how far its logarithm may be off by one standard error."""
    return f"seen {season.unshrunk:.3f}, error {season.standard_error:.3f}"
