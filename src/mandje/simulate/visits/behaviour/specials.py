"""Visits in planned numbers: over midnight and clock changes, robots, staff, and clocks that are wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from mandje.simulate.sales.planned import share_of_block
from mandje.simulate.visits.behaviour.calendar import at_some_time, clock_changes, draw_days
from mandje.simulate.visits.behaviour.plan import first_devices, other_visitors, planned
from mandje.simulate.world.chance import Integers, pick
from mandje.simulate.world.clock import DAY, HOUR, MINUTE, SECOND
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

_MILLISECOND = SECOND // 1000
# A visit that is to run over a moment begins this long before it, and lasts longer than that.
_LEAD = (2 * MINUTE, 10 * MINUTE)
# What is put in a cart this long before the end is in it at the end, and no hour has gone by.
_LAST_MINUTES = (12 * MINUTE, 45 * MINUTE)
_SLOW_GAP, _SLOW_PAGES = 4 * MINUTE, 4
_LONG_GAP = 20 * MINUTE
_LONG_PAGES = 26 * HOUR // _LONG_GAP
_LATEST_LONG = 28 * HOUR
_HOURS_AHEAD, _DAYS_AHEAD = (2, 20), (3, 30)
# Of visits with a clock hours ahead, what they show must be over by the end.
_CLEAR_OF_END = 30 * HOUR
# A clock that nobody set shows its first day.
_IN_2000 = 946_684_800 * SECOND


def plan_specials(world: World, block: Block, first_visitor: int) -> pl.DataFrame:
    """The block's share of all of them, each by a visitor of its own from number `first_visitor` on."""
    visits = pl.concat(list(_parts(world, block)))
    size = visits.height
    devices = first_devices(world.chance("kinds of special devices", block.number), size)
    return visits.with_columns(
        pl.Series("visitor", other_visitors(block, first_visitor, size)), pl.Series("device", devices)
    )


def _parts(world: World, block: Block) -> Iterator[pl.DataFrame]:
    yield _over_midnight(world, block)
    for site in range(len(SITES)):
        yield _over_clock_changes(world, block, site)
    yield _open_carts(world, block)
    yield _flagged_bots(world, block)
    yield _fast_bots(world, block)
    yield _long_bots(world, block)
    yield _staff(world, block)
    yield _ahead(world, block, "clock_skew_hours", HOUR, _HOURS_AHEAD)
    yield _ahead(world, block, "clock_skew_days", DAY, _DAYS_AHEAD)
    yield _of_2000(world, block)


def _over_midnight(world: World, block: Block) -> pl.DataFrame:
    generator = world.chance("over midnight", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.over_midnight)
    site = pick(generator, size, [own.share for own in SITES])
    midnight = world.clock.to_utc(site, generator.integers(1, world.clock.days, size) * DAY)
    return _slow(generator, "over_midnight", site, midnight)


def _over_clock_changes(world: World, block: Block, site: int) -> pl.DataFrame:
    changes = clock_changes(world, site)
    each = world.settings.visits.planned.over_each_clock_change
    size = share_of_block(world, block, each * len(changes))
    first = each * len(changes) * block.first_person // world.settings.customers
    change = changes[np.arange(first, first + size) // max(each, 1)] if size else changes[:0]
    generator = world.chance("over clock changes", site, block.number)
    return _slow(generator, "over_clock_change", np.full(size, site), change)


def _slow(generator: np.random.Generator, kind: str, site: Integers, moment: Integers) -> pl.DataFrame:
    size = len(site)
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=moment - generator.integers(*_LEAD, size),
        kind=kind,
        pages=_SLOW_PAGES + generator.integers(0, 3, size),
        least_gap=_SLOW_GAP,
    )


def _open_carts(world: World, block: Block) -> pl.DataFrame:
    """At the shop's own first site: on others, the last day may end later than the deliveries do."""
    generator = world.chance("open carts", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.open_carts)
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        at=world.clock.end - generator.integers(*_LAST_MINUTES, size),
        kind="open_cart",
        random_adds=1 + generator.integers(0, 3, size),
        mean_gap=20 * SECOND,
    )


def _some_time(
    world: World, generator: np.random.Generator, size: int, until: int | None = None
) -> tuple[Integers, Integers]:
    """Sites, and moments not after `until`."""
    site = pick(generator, size, [own.share for own in SITES])
    at = at_some_time(world, generator, site, draw_days(world, generator, np.zeros(size, np.int64)))
    return site, at if until is None else np.minimum(at, until)


def _flagged_bots(world: World, block: Block) -> pl.DataFrame:
    generator = world.chance("flagged bots", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.flagged_bots)
    site, at = _some_time(world, generator, size)
    pages = generator.integers(2, 40, size)
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=at,
        kind="flagged_bot",
        pages=pages,
        least_gap=SECOND,
        mean_gap=SECOND,
        is_bot=True,
    )


def _fast_bots(world: World, block: Block) -> pl.DataFrame:
    generator = world.chance("fast bots", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.fast_bots)
    site, at = _some_time(world, generator, size, world.clock.end - HOUR)
    pages = generator.integers(60, 200, size)
    gap, more = 120 * _MILLISECOND, 60 * _MILLISECOND
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=at,
        kind="fast_bot",
        pages=pages,
        least_gap=gap,
        mean_gap=more,
    )


def _long_bots(world: World, block: Block) -> pl.DataFrame:
    generator = world.chance("long bots", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.long_bots)
    site, at = _some_time(world, generator, size, world.clock.end - _LATEST_LONG)
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=at,
        kind="long_bot",
        pages=_LONG_PAGES,
        least_gap=_LONG_GAP,
        mean_gap=0,
    )


def _staff(world: World, block: Block) -> pl.DataFrame:
    generator = world.chance("staff", block.number)
    size = share_of_block(world, block, world.settings.visits.planned.staff)
    site, at = _some_time(world, generator, size)
    pages = generator.integers(1, 8, size)
    return planned(
        size, visitor=np.zeros(size, np.int64), site=site, at=at, kind="staff", pages=pages, is_internal=True
    )


def _ahead(world: World, block: Block, kind: str, unit: int, span: tuple[int, int]) -> pl.DataFrame:
    """Short visits whose events tell times that are hours or days ahead."""
    generator = world.chance(kind, block.number)
    size = share_of_block(world, block, getattr(world.settings.visits.defects, kind))
    site, at = _some_time(world, generator, size, world.clock.end - _CLEAR_OF_END)
    least, most = span
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=at,
        kind=kind,
        pages=generator.integers(0, 3, size),
        ahead=generator.integers(least, most + 1, size) * unit,
    )


def _of_2000(world: World, block: Block) -> pl.DataFrame:
    """Short visits whose clock began anew on the first of January 2000."""
    generator = world.chance("clock of 2000", block.number)
    size = share_of_block(world, block, world.settings.visits.defects.clock_of_2000)
    site, at = _some_time(world, generator, size, world.clock.end - _CLEAR_OF_END)
    return planned(
        size,
        visitor=np.zeros(size, np.int64),
        site=site,
        at=at,
        kind="clock_of_2000",
        pages=generator.integers(0, 3, size),
        ahead=_IN_2000 - at,
    )
