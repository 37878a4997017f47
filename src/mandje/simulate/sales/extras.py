"""Orders beside the customers' purchases: those that do not count in the end, and sales to nobody known.

Each is placed around the time of a customer's order, so that it follows the shop's rhythm; a customer's own
come after that order and show what it shows: nothing that is told of a person changes by them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.sales.placing import in_opening_hours
from mandje.simulate.sales.planned import share_of_block
from mandje.simulate.world.chance import Integers, happens
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# A later cancellation comes up to 20 days after an order that is placed up to 3 days after another; both are
# delivered well before the end.
_CANCELLED_UNTIL = 28


def extra_orders(world: World, block: Block, own: pl.DataFrame) -> pl.DataFrame:
    """Orders on top of `own`, in its columns: `number` is −1, `person` −1 where nobody is known."""
    settings = world.settings.sales
    frames = [
        _broken_off(world, block, own, "failed", settings.failed_ratio),
        _broken_off(world, block, own, "pending", settings.pending_ratio),
        _cancelled(world, block, own),
        _anonymous(world, block, own, "fulfilled", settings.anonymous_store_ratio),
        _anonymous(world, block, own, "test", settings.test_ratio),
    ]
    extras = pl.concat(frames)
    site, civil = extras["site"].to_numpy(), extras["civil_at"].to_numpy()
    moment = world.clock.to_utc(site, civil)
    return extras.with_columns(
        pl.Series("ordered_at", moment), pl.Series("day", world.clock.local_day(site, moment))
    ).filter(pl.col("ordered_at") < world.clock.end)


def _broken_off(world: World, block: Block, own: pl.DataFrame, status: str, ratio: float) -> pl.DataFrame:
    """Orders by telephone that were never paid."""
    generator = world.chance("orders", status, block.number)
    rows = own.filter(pl.Series(happens(generator, ratio, own.height), dtype=pl.Boolean))
    return _again(generator, rows, status, "phone")


def _cancelled(world: World, block: Block, own: pl.DataFrame) -> pl.DataFrame:
    online = (own["channel"] == "online").to_numpy()
    fits = np.flatnonzero(online & (own["day"].to_numpy() <= world.clock.days - _CANCELLED_UNTIL))
    generator = world.chance("orders", "cancelled", block.number)
    wanted = share_of_block(world, block, world.settings.sales.defects.cancelled_later)
    rows = own[np.sort(generator.permutation(fits)[:wanted])]
    days = pl.Series(generator.integers(0, 3, rows.height) * DAY, dtype=pl.Int64)
    return _again(generator, rows.with_columns(pl.col("civil_at") + days), "cancelled", "online")


def _anonymous(world: World, block: Block, own: pl.DataFrame, status: str, ratio: float) -> pl.DataFrame:
    """Sales in a store, each of some spend of the same site."""
    generator = world.chance("orders", status, block.number)
    drawn = happens(generator, ratio, own.height) & in_opening_hours(own)
    rows = own.filter(pl.Series(drawn, dtype=pl.Boolean))
    spends = [_spends_of(generator, own, rows, code) for code in range(len(SITES))]
    return _again(generator, rows, status, "store").with_columns(
        pl.lit(-1, pl.Int64).alias("person"),
        pl.Series("spend_cents", np.choose(rows["site"].to_numpy(), spends), dtype=pl.Int64),
        pl.lit(value=False).alias("shows_customer"),
        pl.lit(value=False).alias("shows_email"),
    )


def _spends_of(generator: np.random.Generator, own: pl.DataFrame, rows: pl.DataFrame, site: int) -> Integers:
    """Some spend of the site for every row, of the site or not; 0 where the site has none."""
    spends = own.filter(pl.col("site") == site)["spend_cents"].to_numpy()
    at = generator.integers(0, max(len(spends), 1), rows.height)
    return spends[at] if len(spends) else np.zeros_like(at)


def _again(generator: np.random.Generator, rows: pl.DataFrame, status: str, channel: str) -> pl.DataFrame:
    """Orders like those of `rows`, up to two hours later."""
    later = pl.Series(generator.integers(1, 2 * HOUR, rows.height), dtype=pl.Int64)
    return rows.with_columns(
        pl.lit(-1, pl.Int64).alias("number"),
        pl.col("civil_at") + later,
        pl.lit(channel).alias("channel"),
        pl.lit(status).alias("status"),
    )
