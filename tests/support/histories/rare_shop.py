"""Shops to which few ever come back: most buy once, and who returns mostly does so soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from histories import AS_OF

DAYS = 730
AFTER_DAYS = 365


@dataclass(frozen=True)
class Rare:
    """A shop of this kind.

    Attributes:
        customers: who first order within the two years that are known; as many a day come after them.
        returning: share that orders a second time, ever.
        again: share of those who returned that order once more, and again.
        soon: share of returns that come after 20 days on average; the others take 250.
    """

    customers: int = 2000
    returning: float = 0.01
    again: float = 0.01
    soon: float = 0.6


def rare_orders(shop: Rare, seed: int) -> pl.DataFrame:
    """Order days until AFTER_DAYS after AS_OF: person_id, order_date, spend; sorted."""
    random = np.random.default_rng(seed)
    days = DAYS + AFTER_DAYS
    now = random.integers(0, days, shop.customers * days // DAYS).astype(np.float64)
    here = np.arange(len(now))
    persons, seen, share = [here], [now], shop.returning
    while len(here):
        is_back = random.random(len(here)) < share
        here, now = here[is_back], now[is_back]
        is_soon = random.random(len(here)) < shop.soon
        now = now + np.maximum(random.exponential(np.where(is_soon, 20, 250)), 1)
        persons.append(here)
        seen.append(np.floor(now))
        share = shop.again
    frame = pl.DataFrame({"number": np.concatenate(persons), "day": np.concatenate(seen).astype(np.int64)})
    frame = frame.filter(pl.col("day") < days).unique().sort("number", "day")
    return frame.select(
        pl.format("p{}", pl.col("number").cast(pl.String).str.zfill(7)).alias("person_id"),
        pl.lit(AS_OF - timedelta(days=DAYS - 1)).dt.offset_by(pl.format("{}d", "day")).alias("order_date"),
        pl.Series("spend", np.round(random.gamma(4, 12, len(frame)) + 0.01, 2)),
    )
