"""When the steps of visits happen, and whose visits they are: no two of a visitor run into each other."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.visits.behaviour.plan import other_visitors
from mandje.simulate.world.chance import Integers, happens, on_grid
from mandje.simulate.world.clock import MINUTE, SECOND
from mandje.simulate.world.world import Block, World

# More than the gap that ends a session.
APART = 31 * MINUTE
_LONGEST_IN_MEANS = 6
_PAUSE_RATIO = 0.008
_PAUSE = (8 * MINUTE, 18 * MINUTE)


def step_times(world: World, block: Block, visits: pl.DataFrame, visit: Integers) -> Integers:
    """The moment of every step; `visit` holds each step's row in `visits`, in order.

    Ever later inside a visit; the first is at the visit's `at`, or the last if `is_at_end`.
    """
    passed = np.cumsum(_gaps(world, block, visits, visit))
    first = np.searchsorted(visit, np.arange(visits.height))
    last = np.append(first[1:], len(visit)) - 1
    anchor = np.where(visits["is_at_end"].to_numpy(), passed[last], passed[first])
    return np.asarray(passed + (visits["at"].to_numpy() - anchor)[visit])


def _gaps(world: World, block: Block, visits: pl.DataFrame, visit: Integers) -> Integers:
    """Time since the step before: the least, more of it by chance, and a pause now and then."""
    generator, size = world.chance("gaps", block.number), len(visit)
    mean = visits["mean_gap"].to_numpy()
    is_usual = mean < 0
    mean = np.where(is_usual, world.settings.visits.pace_seconds * SECOND, mean)
    means = np.minimum(on_grid(generator.standard_exponential(size)), _LONGEST_IN_MEANS)
    more = (means * mean[visit]).astype(np.int64)
    may_pause = (is_usual & ~visits["is_journey"].to_numpy())[visit]
    pauses = happens(generator, _PAUSE_RATIO, size) & may_pause
    pause = np.where(pauses, generator.integers(*_PAUSE, size), 0)
    return np.asarray(visits["least_gap"].to_numpy()[visit] + more + pause)


def keep_apart(block: Block, visits: pl.DataFrame) -> pl.Series:
    """The visitor of each visit, so that visits of one visitor are over 31 minutes apart.

    A visit that begins sooner than that after another ended is made in a private window: it has a visitor of
    its own, the next free numbers. Visits of journeys give way to journeys only.

    Args:
        block: of the visits.
        visits: with visitor, started_at, ended_at (moments) and is_journey.
    """
    numbered = visits.select("visitor", "started_at", "ended_at", "is_journey").with_row_index("row")
    journeys = _that_give_way(numbered.filter("is_journey"))
    fixed = numbered.filter(pl.col("is_journey") & ~pl.col("row").is_in(journeys.implode()))
    others = numbered.filter(~pl.col("is_journey"))
    near_journey = _near(others, fixed)
    rest = _that_give_way(others.filter(~pl.col("row").is_in(near_journey.implode())))
    rows = pl.concat([journeys, near_journey, rest]).sort().to_numpy()
    visitor = visits["visitor"].to_numpy().copy()
    free = max(int(visitor.max(initial=0)) + 1, int(other_visitors(block, 0, 1)[0]))
    visitor[rows] = free + np.arange(len(rows))
    return pl.Series("visitor", visitor)


def _that_give_way(visits: pl.DataFrame) -> pl.Series:
    """Rows of visits that begin too soon after any earlier one of their visitor."""
    ordered = visits.sort("visitor", "started_at", "row")
    over_at = pl.col("ended_at").shift(1).cum_max().over("visitor")
    return ordered.filter(pl.col("started_at") <= over_at + APART)["row"]


def _near(others: pl.DataFrame, fixed: pl.DataFrame) -> pl.Series:
    """Rows of `others` that run into a visit of `fixed` of the same visitor."""
    ends = fixed.select("visitor", pl.col("started_at").alias("at"), pl.col("ended_at").alias("fixed_end"))
    starts = fixed.select(
        "visitor", pl.col("started_at").alias("at"), pl.col("started_at").alias("fixed_start")
    )
    before = (
        others.with_columns(at=pl.col("started_at"))
        .sort("at", "row")
        .join_asof(
            ends.sort("at", "visitor"), on="at", by="visitor", strategy="backward", check_sortedness=False
        )
    )
    after = before.join_asof(
        starts.sort("at", "visitor"), on="at", by="visitor", strategy="forward", check_sortedness=False
    )
    runs_in = (pl.col("started_at") <= pl.col("fixed_end") + APART) | (
        pl.col("fixed_start") <= pl.col("ended_at") + APART
    )
    return after.filter(runs_in.fill_null(value=False))["row"]
