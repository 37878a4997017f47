"""Whether the forecasts still hold: what came against what was expected, and parameters that move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from typing import Any

import duckdb

# Totals outside these shares of what came are told, once they cannot be chance.
_TOTAL_RATIOS = (0.85, 1.15)
_STANDARD_ERRORS = 3.0
_HORIZON_DAYS = 30
# A parameter that grew or shrank by less than this share is left alone, however sure.
_LEAST_MOVE = math.log(1.25)

_COMPLETE = f"""
select as_of_date, expected_order_count, order_count, total_ratio, deviation_score
from marts.forecast_results
where horizon_days = {_HORIZON_DAYS} and churn_band = '(all)' and is_complete and total_ratio is not null
order by as_of_date desc
"""


@dataclass(frozen=True)
class Outcome:
    """A forecast of all customers whose horizon is over.

    Attributes:
        as_of_date: its last day known.
        expected: order days expected in the 30 days after.
        came: order days that came.
        total_ratio: expected over came.
        deviation_score: what came above what was expected, in standard errors over customers.
    """

    as_of_date: date
    expected: float
    came: int
    total_ratio: float
    deviation_score: float | None

    @property
    def side(self) -> int:
        """1 where far more was expected than came, -1 where far less, else 0."""
        low, high = _TOTAL_RATIOS
        if self.deviation_score is None or abs(self.deviation_score) < _STANDARD_ERRORS:
            return 0
        return (self.total_ratio > high) - (self.total_ratio < low)


@dataclass(frozen=True)
class ForecastWatch:
    """What the newest forecast whose time is over came to.

    Attributes:
        told: the newest outcome in words, or None where no forecast is old enough.
        warnings: where two forecasts in a row, of days that do not overlap, were far off on the same side.
    """

    told: str | None
    warnings: list[str]


def watch_forecasts(con: duckdb.DuckDBPyConnection) -> ForecastWatch:
    """Read `marts.forecast_results`, newest first."""
    return watch([Outcome(*row) for row in con.execute(_COMPLETE).fetchall()])


def watch(outcomes: list[Outcome]) -> ForecastWatch:
    """Judge outcomes, newest first: one bad month may be chance, two in a row are told.

    What was forecast was corrected for the season of the year before; this is what is left.
    """
    if not outcomes:
        return ForecastWatch(None, [])
    newest = outcomes[0]
    told = (
        f"of {newest.as_of_date}: {newest.expected:,.0f} order days expected in {_HORIZON_DAYS} days, "
        f"{newest.came:,} came (expected over come {newest.total_ratio:.2f})"
    )
    before = newest.as_of_date - timedelta(days=_HORIZON_DAYS)
    earlier = next((one for one in outcomes if one.as_of_date <= before), None)
    if earlier is None or newest.side == 0 or newest.side != earlier.side:
        return ForecastWatch(told, [])
    words = "more than came" if newest.side > 0 else "less than came"
    warning = (
        f"the forecasts of {earlier.as_of_date} and {newest.as_of_date} both expected far {words} "
        f"(expected over come {earlier.total_ratio:.2f} and {newest.total_ratio:.2f}): something changed "
        "that the model does not see, such as a campaign, or a season that the year before did not have"
    )
    return ForecastWatch(told, [warning])


def season_began(now: Mapping[str, Any], earlier: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """In words, that forecasts are corrected for a season, where those of no earlier night were.

    Args:
        now: tonight's fit.
        earlier: the fits of earlier nights, newest first; read as far as it takes.
    """
    fits = iter(earlier)
    newest = next(fits, None) if _is_corrected(now) else None
    if newest is None or any(_is_corrected(fit) for fit in chain([newest], fits)):
        return
    factors = ", ".join(
        f"{one['horizon_days']} days: orders x {one['season_factor']:.2f}, spend per order x "
        f"{one['spend_factor']:.2f}"
        for one in now["seasons"]
        if not _is_plain(one)
    )
    yield (
        f"forecasts are corrected for the season of the year before from now on ({factors}): totals move by "
        "about as much against the night before, churn bands and the value of a year do not"
    )


def _is_corrected(fit: Mapping[str, Any]) -> bool:
    # Records of versions before the season have no such rows.
    return not all(_is_plain(one) for one in fit.get("seasons", ()))


def _is_plain(season: Mapping[str, Any]) -> bool:
    return bool(season["season_factor"] == season["spend_factor"] == 1)


def parameter_drift(now: Mapping[str, Any], then: Mapping[str, Any]) -> Iterator[str]:
    """In words, which parameters moved further since another night's fit than both their errors explain."""
    for name, value in now["parameters"].items():
        before = then["parameters"].get(name)
        # Records of versions before this column say nothing of errors.
        errors = [fit.get("log_standard_errors", {}).get(name) for fit in (now, then)]
        if now["purchase_model"] != then["purchase_model"] or not value or not before or None in errors:
            continue
        if abs(math.log(value / before)) > max(_LEAST_MOVE, _STANDARD_ERRORS * math.hypot(*errors)):
            yield (
                f"{now['purchase_model']}'s {name} went from {before:.4g} ({then['as_of_date']}) to "
                f"{value:.4g}: customers behave otherwise than a month ago"
            )
