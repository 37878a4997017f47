"""What customers buy and when: every purchase up to a year after the last delivered day."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.people.order_clock import FUTURE_DAYS, OrderClock
from mandje.simulate.people.purchase_process import Purchases, purchase_times, spend_cents
from mandje.simulate.people.rhythm import draw_arrivals
from mandje.simulate.people.withdrawals import withdrawals
from mandje.simulate.world.chance import Floats, Integers, happens
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# The second site may not have begun before.
_BOTH_SITES_DAY = 2


def make_purchases(world: World, block: Block, people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The block's purchases, by person and number, and its people with what follows from them.

    Purchases: person, number (0 = first), process_at, civil_at (on the clock of `site`), site, ordered_at
    (moment), day (local day at the site), spend_cents (net goods, in the site's currency), is_delivered
    (ordered before the end). People get account_at (moment; null = no account by the end) and left_after
    (number of the purchase after which the person left; null = still there when the simulated future ends)
    and withdrawn_at (see `withdrawals`).
    """
    times = OrderClock(world.settings)
    made = _process(world, times, block, people)
    row = made.person
    home, site = people["site"].to_numpy()[row], _sites(world, times, block, people, made)
    ordered_at = _moments(world, times, home, made)
    civil_at = world.clock.to_civil(site, ordered_at)
    price_level = np.array([each.price_level for each in SITES])[site] * times.spend_factors(civil_at // DAY)
    purchases = pl.DataFrame(
        {
            "person": made.person + block.first_person,
            "number": made.number,
            "process_at": made.at,
            "civil_at": civil_at,
            "site": site,
            "ordered_at": ordered_at,
            "day": civil_at // DAY,
            "spend_cents": _spends(world, block, people, row, price_level),
            "is_delivered": ordered_at < world.clock.end,
        }
    )
    known = _with_accounts(people, purchases, made)
    return known.with_columns(withdrawals(world, block, known)), purchases


def _process(world: World, times: OrderClock, block: Block, people: pl.DataFrame) -> Purchases:
    settings, clock = world.settings, world.clock
    growth = settings.people.growth_per_year
    arrivals = world.chance("arrivals", block.number)
    end = np.array([(clock.days + FUTURE_DAYS) * DAY])
    return purchase_times(
        world.chance("purchases", block.number),
        people["order_rate"].to_numpy(),
        people["leaving_probability"].to_numpy(),
        times.to_process(draw_arrivals(arrivals, block.size, clock, settings.rhythm, growth)),
        int(times.to_process(end)[0]),
    )


def _moments(world: World, times: OrderClock, home: Integers, made: Purchases) -> Integers:
    """By the clock at home, whatever the site; a clock set back puts no purchase before an earlier one."""
    civil_at = times.to_civil(made.at)
    moments = pl.DataFrame({"person": made.person, "moment": world.clock.to_utc(home, civil_at)})
    return moments.select(pl.col("moment").cum_max().over("person")).to_series().to_numpy()


def _sites(world: World, times: OrderClock, block: Block, people: pl.DataFrame, made: Purchases) -> Integers:
    """Home, or now and then the other site; not on the first days, which may not have begun there."""
    settings, home = world.settings.people, people["site"].to_numpy()[made.person]
    both = happens(world.chance("both sites", block.number), settings.other_site_ratio, block.size)
    other = happens(
        world.chance("other site", block.number), settings.other_site_order_ratio, len(made.person)
    )
    has_begun = times.in_year(made.at) >= _BOTH_SITES_DAY * DAY
    away = both[made.person] & other & (made.number > 0) & has_begun
    return np.where(away, (home + 1) % len(SITES), home)


def _spends(world: World, block: Block, people: pl.DataFrame, row: Integers, price_level: Floats) -> Integers:
    shape = np.array([segment.p for segment in world.settings.segments])[people["segment"].to_numpy()]
    generator = world.chance("spend", block.number)
    return spend_cents(generator, shape[row], people["spend_rate"].to_numpy()[row], price_level)


def _with_accounts(people: pl.DataFrame, purchases: pl.DataFrame, made: Purchases) -> pl.DataFrame:
    accounts = purchases.filter("is_delivered").select(
        "person", account_at_number="number", account_at="ordered_at"
    )
    left_after = pl.Series(made.left_after)
    return people.join(
        accounts, on=["person", "account_at_number"], how="left", maintain_order="left", validate="1:1"
    ).with_columns(left_after=pl.when(left_after >= 0).then(left_after))
