"""Days of the calendar beside days of the model's time, which a season makes longer or shorter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mandje.predict.models.parameters import Vector
from mandje.predict.season.year_before import Seasons


@dataclass(frozen=True)
class Clock:
    """The model's time at days of the calendar, straight lines between them; beyond the last as far ahead.

    What is kept is how far the model's time runs ahead, so that without a season both are equal to the bit.

    Attributes:
        days: of the calendar, ascending, the first is 0.
        ahead: the model's time less these days, in days; with them it rises.
    """

    days: tuple[int, ...]
    ahead: tuple[float, ...]

    def model_time(self, days: float) -> float:
        """What so many days after the as-of date are in the model's time, in days."""
        return days + float(np.interp(days, self.days, self.ahead))

    def calendar_days(self, model_time: Vector) -> Vector:
        """The other way round."""
        return np.asarray(model_time - np.interp(model_time, self._model_times, self.ahead))

    @property
    def _model_times(self) -> NDArray[np.float64]:
        return np.add(self.days, self.ahead)


def clock_of(seasons: Mapping[int, Seasons]) -> Clock:
    """The clock on which each horizon, in days, is stretched by its own factor of orders."""
    horizons = sorted(seasons)
    return Clock((0, *horizons), (0.0, *(days * (seasons[days].orders.factor - 1) for days in horizons)))


def season_of(seasons: Mapping[int, Seasons], horizon_days: int) -> Seasons:
    """The season of any horizon, as the clock has it; of spend it is that of the next longer one, if known.

    Args:
        seasons: of some horizons, in days.
        horizon_days: perhaps another one.
    """
    if horizon_days in seasons:
        return seasons[horizon_days]
    known = [days for days in sorted(seasons) if seasons[days].orders.is_known] or sorted(seasons)
    near = seasons[next((days for days in known if days > horizon_days), known[-1])]
    factor = clock_of(seasons).model_time(horizon_days) / horizon_days
    return Seasons(horizon_days, replace(near.orders, factor=factor), near.spend)
