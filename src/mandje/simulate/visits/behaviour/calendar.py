"""When people look around: days by month and weekday, times by hour."""

from __future__ import annotations

import numpy as np

from mandje.simulate.people.rhythm import arrival_weights, in_hours
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.world import World


def first_moment(world: World) -> int:
    """The first moment that is day 0 on the clocks of the shop and of all sites."""
    clock = world.clock
    sites = np.arange(len(clock.site_zones))
    return int(clock.to_utc(sites, np.zeros(len(sites), np.int64)).max())


def draw_days(world: World, generator: np.random.Generator, first: Integers) -> Integers:
    """One delivered day for each, from its `first` on, as likely as month and weekday weigh it."""
    edges = np.concatenate([[0], np.cumsum(arrival_weights(world.clock, world.settings.rhythm, 0.0))])
    low = edges[np.clip(first, 0, world.clock.days - 1)]
    return np.searchsorted(edges, generator.integers(low, edges[-1]), side="right") - 1


def at_some_time(world: World, generator: np.random.Generator, site: Integers, day: Integers) -> Integers:
    """A moment on each day at its site, by the weights of the hours."""
    even = generator.integers(0, DAY, len(day))
    return world.clock.to_utc(site, in_hours(day * DAY + even, world.settings.rhythm.hours))


def clock_changes(world: World, site: int) -> Integers:
    """The moments in the delivered days at which the site's clock is changed."""
    hours = np.arange(first_moment(world), world.clock.end, HOUR)
    civil = world.clock.to_civil(np.full(len(hours), site), hours)
    return np.asarray(hours[1:][np.diff(civil) != HOUR])
