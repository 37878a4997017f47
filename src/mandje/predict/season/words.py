"""The season in words, beside the numbers that it corrects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mandje.predict.models.parameters import PurchaseForm
from mandje.predict.season.factor import Season
from mandje.predict.season.year_before import Seasons


def season_lines(seasons: Mapping[PurchaseForm, Seasons]) -> Iterator[str]:
    """What corrects the orders and the spend per order, and what that rests on, or why nothing does.

    Purchase models of which the same is to be said share a line.
    """
    said: dict[str, list[str]] = {}
    for form, found in seasons.items():
        said.setdefault(_line(found), []).append(form)
    for line, forms in said.items():
        yield f"{' and '.join(forms)}: {line}"


def horizon_lines(seasons: Mapping[int, Seasons]) -> list[str]:
    """The same of tonight's horizons, a line each."""
    return [f"{days} days: {_line(found)}" for days, found in seasons.items()]


def _line(found: Seasons) -> str:
    orders = found.orders
    if not orders.is_known:
        return f"not corrected for season: {orders.reason}."
    expected = orders.order_days / (orders.unshrunk or 1)
    return (
        f"season {orders.factor:.3f}. In the {found.horizon_days} days after {orders.base_day} "
        f"{orders.order_days:,} order days came where {expected:,.0f} were expected ({_seen(orders)}). "
        f"{_spend(found.spend)}{_borrowed(orders)}"
    )


def _borrowed(orders: Season) -> str:
    """Where the factor is another's: whose, and why."""
    return f" {orders.reason[0].upper()}{orders.reason[1:]}." if orders.reason else ""


def _spend(spend: Season) -> str:
    if not spend.is_known:
        return f"Spend per order is not corrected: {spend.reason}."
    return f"Spend per order {spend.factor:.3f} ({_seen(spend)})."


def _seen(season: Season) -> str:
    """Before it is shrunk, and the standard error of its logarithm, by which it is."""
    return f"{season.unshrunk:.3f}, error {season.standard_error:.3f}"
