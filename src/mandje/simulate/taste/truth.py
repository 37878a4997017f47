"""The truth about taste."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.taste.assortment import make_assortment
from mandje.simulate.taste.persons import GROUPS, NOTHING, make_likings
from mandje.simulate.world.chance import Floats, Integers
from mandje.simulate.world.world import Block, World


def affinity_truth(world: World) -> pl.DataFrame:
    """Planted pairs and trend products.

    Columns: kind (in_one_order, next_order or trend), product_id, other_product_id (bought with it, or with
    the next order; null for a trend), ratio (of the settings, times affinity).
    """
    assortment, settings = make_assortment(world), world.settings.taste
    parts = {
        "in_one_order": (assortment.anchor, assortment.companion, settings.pair_ratio),
        "next_order": (assortment.device, assortment.refill, settings.refill_ratio),
        "trend": (assortment.trend, None, settings.trend_ratio),
    }
    frames = [
        pl.DataFrame(
            {
                "kind": [kind] * len(product),
                "product_id": product,
                "other_product_id": pl.Series(other, dtype=pl.Int64) if other is not None else None,
                "ratio": settings.affinity * ratio,
            },
            schema_overrides={"kind": pl.String, "other_product_id": pl.Int64},
        )
        for kind, (product, other, ratio) in parts.items()
    ]
    return pl.concat(frames)


def taste_truth(world: World, block: Block, people: pl.DataFrame) -> pl.DataFrame:
    """A customer's categories: person, taste_group, category, own_ratio, group_ratio.

    Ratios add up to 1 over a customer's categories: of choices by own taste, and of those by the group's.
    """
    likings = make_likings(world, block, people)
    names = world.catalogue["category"].unique().sort()
    size, categories = likings.own.shape
    own, of_group = (_ratios(weights) for weights in (likings.own, likings.of_group))
    return pl.DataFrame(
        {
            "person": np.repeat(people["person"].to_numpy(), categories),
            "taste_group": pl.Series(GROUPS).gather(np.repeat(likings.group, categories)),
            "category": names.gather(np.tile(np.arange(categories), size)),
            "own_ratio": own.ravel(),
            "group_ratio": of_group[likings.group].ravel(),
        }
    )


def consumable_truth(world: World, block: Block, people: pl.DataFrame) -> pl.DataFrame:
    """Who uses up what: person, product_id, interval_days; customers who use up nothing are left out."""
    likings = make_likings(world, block, people)
    return pl.DataFrame(
        {
            "person": people["person"],
            "product_id": likings.consumable,
            "interval_days": likings.interval_days,
        }
    ).filter(pl.col("product_id") != NOTHING)


def _ratios(weights: Integers) -> Floats:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
