"""A season and a growth of all customers' orders and of what they spend, planted where it is set."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Annotated

from pydantic import Field

from mandje.simulate.settings.base import Strict
from mandje.simulate.settings.people import TimeWeight

# By how much a year may differ from the one before.
Growth = Annotated[float, Field(ge=-0.9, le=1)]
_A_YEAR = 365
_MONTH_DAYS = tuple(monthrange(2023, month)[1] for month in range(1, 13))  # of no leap year


class Season(Strict):
    """How orders change over a year and from year to year, for all customers alike; nothing unless set.

    Rates are those of the segments times a day's factor, which is 1 on the first day of a shop whose months
    all weigh the same. Once anything is set, `truth/season.parquet` has the factors of every day.

    Attributes:
        order_months: weights of the months, from January: how often customers order again. A day's factor is
            the weight of its month over the mean weight of the days of a year, so that a whole year keeps its
            number of orders.
        order_growth_per_year: by how much of it the order rate is higher a year later; -0.2 is a fifth lower.
        spend_growth_per_year: the same of what is spent per order.
    """

    order_months: tuple[TimeWeight, ...] = Field(default=(100,) * 12, min_length=12, max_length=12)
    order_growth_per_year: Growth = 0.0
    spend_growth_per_year: Growth = 0.0

    def order_factor(self, first_day: date, on: date) -> float:
        """By what order rates are multiplied on a day; 1 everywhere where nothing is planted."""
        weights = sum(weight * days for weight, days in zip(self.order_months, _MONTH_DAYS, strict=True))
        season = self.order_months[on.month - 1] * _A_YEAR / weights
        return season * _grown(self.order_growth_per_year, first_day, on)

    def spend_factor(self, first_day: date, on: date) -> float:
        """By what spend per order is multiplied on a day."""
        return _grown(self.spend_growth_per_year, first_day, on)


def is_steady(season: Season) -> bool:
    """Whether nothing is planted: no month weighs more than another, and nothing grows."""
    has_growth = season.order_growth_per_year or season.spend_growth_per_year
    return len(set(season.order_months)) == 1 and not has_growth


def _grown(per_year: float, first_day: date, on: date) -> float:
    return float((1 + per_year) ** ((on - first_day).days / _A_YEAR))
