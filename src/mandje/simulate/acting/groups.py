"""How customers react: persuadables, sure things, lost causes and sleeping dogs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.settings.acting import has_effects, has_no_left_carts
from mandje.simulate.world.chance import Flags, Integers, happens
from mandje.simulate.world.world import Block, World

GROUPS = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")
PERSUADABLE, SURE_THING, LOST_CAUSE, SLEEPING_DOG = range(len(GROUPS))
_OLD = 45
_UNIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Reactions:
    """Of a block's customers, by customer.

    Attributes:
        group: position in GROUPS.
        waits: whether the customer waits for an incentive before ordering what is in a cart left.
    """

    group: Integers
    waits: Flags


def reactions(world: World, block: Block, people: pl.DataFrame) -> Reactions:
    """How each customer reacts."""
    waiting = world.settings.left_carts.waiting_ratio
    waits = happens(world.chance("acting", "waits", block.number), waiting, block.size)
    return Reactions(_groups(world, block, people), waits)


def uplift_truth(world: World, block: Block, people: pl.DataFrame) -> pl.DataFrame:
    """Who reacts how: person, reaction, newsletter_factor, win_back_factor, waits_for_incentive.

    Factors are of the rate of ordering, after a message to somebody not tired of them.
    """
    found = reactions(world, block, people)
    settings = world.settings.messaging
    factors = {
        f"{name}_factor": _factors(world, found, getattr(settings, f"{name}_factor"))
        for name in ("newsletter", "win_back")
    }
    return pl.DataFrame(
        {"person": people["person"], "reaction": pl.Series(GROUPS).gather(found.group), **factors}
        | {"waits_for_incentive": found.waits & (not has_no_left_carts(world.settings.left_carts))}
    )


def _factors(world: World, found: Reactions, factor: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    by_group = np.ones(len(GROUPS))
    if factor != 1:
        by_group[PERSUADABLE] = factor
        by_group[SLEEPING_DOG] = world.settings.messaging.groups.sleeping_factor
    return by_group[found.group]


def reacts(world: World) -> bool:
    """Whether it matters how customers react."""
    return has_effects(world.settings.messaging) or not has_no_left_carts(world.settings.left_carts)


def _groups(world: World, block: Block, people: pl.DataFrame) -> Integers:
    """By their weights; of those who do not mind messages, the ones with higher rates are sure things."""
    settings = world.settings.messaging.groups
    drawn = world.chance("acting", "groups", block.number).integers(0, _UNIT, block.size)
    age = world.settings.first_day.year - people["birth_year"].to_numpy().astype(np.float64)
    persuadable = settings.persuadable * np.where(age < _OLD, settings.young_factor, 1.0)
    indifferent = settings.sure_thing + settings.lost_cause
    total = persuadable + indifferent + settings.sleeping_dog
    edges = np.rint(np.stack([persuadable, persuadable + indifferent]) / total * _UNIT).astype(np.int64)
    rates = people["order_rate"].to_numpy()
    cut = np.quantile(rates, settings.lost_cause / max(indifferent, 1), method="lower")
    middle = np.where(rates > cut, SURE_THING, LOST_CAUSE)
    return np.where(drawn < edges[0], PERSUADABLE, np.where(drawn < edges[1], middle, SLEEPING_DOG))
