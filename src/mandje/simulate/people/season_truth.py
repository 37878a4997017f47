"""The truth about the season: by what every day's orders and spend are multiplied."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from mandje.simulate.people.order_clock import FUTURE_DAYS, OrderClock
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.world import World


def season_truth(world: World) -> pl.DataFrame:
    """Every day from the first to the end of the simulated future.

    Columns: day_date; order_rate_factor and spend_factor (season and growth, without weekdays; 1 is what the
    segments say); process_days (how long the day is on the process clock, weekdays too: so many days of a
    customer's own rates it brings; over a span they add up).
    """
    times, days = OrderClock(world.settings), np.arange(world.clock.days + FUTURE_DAYS)
    edges = times.to_process(np.arange(len(days) + 1) * DAY)
    return pl.DataFrame(
        {
            "day_date": [world.settings.first_day + timedelta(days=day) for day in days.tolist()],
            "order_rate_factor": times.order_factors(days),
            "spend_factor": times.spend_factors(days),
            "process_days": np.diff(edges) / DAY,
        }
    )
