"""What was paid for clicks, as the networks report it."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.contracts.visits import AD_SPEND
from mandje.simulate.visits.behaviour.traffic import campaigns
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.site_money import at_site, currency, money, site_name
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import World

_KEY = ("day", "site", "source", "medium", "campaign")
# Networks count clicks that never arrive: of 1,000 counted, so many more than visits.
_LOST_CLICKS = (20, 90)
# A click costs so many percent of what it costs on average, changing from day to day.
_COST_PERCENT = (75, 126)
_VIEWS_PER_CLICK = (25, 90)


def delivered_ad_spend(world: World, clicks: pl.DataFrame) -> pl.DataFrame:
    """Delivered frame of `ad_spend`: every day, site and campaign, with or without clicks.

    Args:
        world: of the shop.
        clicks: `Visits.clicks` of all blocks together.
    """
    spend = _with_clicks(_all_days(world), clicks)
    size, generator = spend.height, world.chance("ad spend")
    arrived = spend["arrived"].to_numpy()
    counted = arrived + (arrived * generator.integers(*_LOST_CLICKS, size) + 500) // 1000
    views = counted * generator.integers(*_VIEWS_PER_CLICK, size) + generator.integers(0, 40, size)
    cost = _costs(spend, counted, generator.integers(*_COST_PERCENT, size))
    return spend.with_columns(
        spend_date=pl.lit(world.clock.first_day) + pl.duration(days="day"),
        site=site_name(pl.col("site")),
        currency_code=currency(pl.col("site")),
        cost_amount=money(pl.lit(pl.Series(cost))),
        clicks=pl.Series(counted),
        impressions=pl.Series(views),
        delivery_day=pl.col("day").cast(pl.Int32),
        outcome=pl.lit("kept"),
        defect=pl.lit(None, pl.String),
    ).select(*AD_SPEND.names, "delivery_day", "outcome", "defect")


def _all_days(world: World) -> pl.DataFrame:
    days = pl.DataFrame({"day": np.arange(world.clock.days)})
    sites = pl.DataFrame({"site": np.arange(len(SITES))})
    return days.join(sites, how="cross").join(campaigns(), how="cross").sort(_KEY)


def _with_clicks(spend: pl.DataFrame, clicks: pl.DataFrame) -> pl.DataFrame:
    texts = clicks.with_columns(pl.col("source", "medium", "campaign").cast(pl.String))
    sums = texts.group_by(_KEY).agg(pl.col("clicks").sum().alias("arrived"))
    return spend.join(sums, on=_KEY, how="left", maintain_order="left").with_columns(
        pl.col("arrived").fill_null(0)
    )


def _costs(spend: pl.DataFrame, clicks: Integers, percent: Integers) -> Integers:
    """Cents of the site's currency, half up."""
    each = at_site(spend["click_cents"].to_numpy(), spend["site"].to_numpy())
    return np.asarray((clicks * each * percent + 50) // 100)
