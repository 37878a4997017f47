"""Who withdraws in the account what was agreed to when it was made."""

from __future__ import annotations

import polars as pl

from mandje.simulate.world.chance import happens, on_grid
from mandje.simulate.world.clock import DAY, MINUTE
from mandje.simulate.world.world import Block, World

_YEAR = 365 * DAY


def withdrawals(world: World, block: Block, people: pl.DataFrame) -> pl.Series:
    """When each withdraws the consent to messages (moment), on a later day than the account's; null = never.

    Of those who agreed so many do in a year, and as many of the rest in the next.
    """
    ratio = world.settings.messaging.withdrawn_per_year
    generator = world.chance("acting", "withdrawals", block.number)
    # Whole years are let go by as often as nobody withdraws in them.
    years = generator.geometric(ratio, block.size) - 1 if ratio else generator.integers(0, 1, block.size)
    part = on_grid(generator.random(block.size))
    wait = pl.Series(((years.clip(0, 20) + part) * _YEAR).astype("int64") + DAY + MINUTE)
    agreed = people["consent_marketing"].fill_null(value=False)
    happens_at = people["account_at"] + wait
    is_one = agreed & pl.Series(happens(generator, float(ratio > 0), block.size))
    return pl.select(
        pl.when(is_one & (happens_at < world.clock.end)).then(happens_at).alias("withdrawn_at")
    ).to_series()
