"""What each customer likes, and uses up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.taste.assortment import Assortment, make_assortment
from mandje.simulate.world.chance import Floats, Integers, happens, on_grid
from mandje.simulate.world.world import Block, World

GENDERS = ("female", "male")
AGES = ("under 45", "45 and over")
UNKNOWN = "unknown"
GROUPS = tuple(f"{gender}, {age}" for gender in (*GENDERS, UNKNOWN) for age in (*AGES, UNKNOWN))
_OLD = 45
_UNIT = 1_000_000
NOTHING = -1


@dataclass(frozen=True, slots=True)
class Likings:
    """Of a block's customers.

    Attributes:
        assortment: what there is to like.
        own: weights of categories (columns, in alphabetical order) by customer, whole numbers.
        group: position in GROUPS by customer.
        of_group: weights of categories by group.
        consumable: product that a customer uses up, by customer; NOTHING if there is none.
        interval_days: in so many days, by customer.
    """

    assortment: Assortment
    own: Integers
    group: Integers
    of_group: Integers
    consumable: Integers
    interval_days: Integers


def groups_of(world: World, people: pl.DataFrame) -> Integers:
    """Position in GROUPS of each customer: sex and age on the first day, as the account tells them."""
    gender = people["gender"].replace_strict(list(GENDERS), [0, 1], default=len(GENDERS)).to_numpy()
    age = world.settings.first_day.year - people["birth_year"].to_numpy().astype(np.float64)
    band = np.where(np.isnan(age), len(AGES), age >= _OLD).astype(np.int64)
    return np.asarray(gender * (len(AGES) + 1) + band)


def make_likings(world: World, block: Block, people: pl.DataFrame) -> Likings:
    """What the customers of a block like; those of a group share how their taste changes."""
    settings, size, assortment = world.settings.taste, block.size, make_assortment(world)
    categories = world.catalogue["category"].n_unique()
    generator = world.chance("taste", "used up", block.number)
    uses = happens(generator, settings.consumer_ratio, size)
    which = generator.integers(0, len(assortment.consumable), size)
    return Likings(
        assortment,
        _weights(world.chance("taste", "own", block.number), settings.concentration, (size, categories)),
        groups_of(world, people),
        _weights(world.chance("taste", "groups"), settings.concentration, (len(GROUPS), categories)),
        np.where(uses, assortment.consumable[which], NOTHING),
        assortment.interval_days[which],
    )


def _weights(generator: np.random.Generator, concentration: float, shape: tuple[int, int]) -> Integers:
    """Rows from a Dirichlet distribution in millionths, none of them 0."""
    drawn: Floats = on_grid(generator.standard_gamma(concentration, shape))
    # The sum of a row hangs on the order of its terms in the last digit only.
    share = on_grid(drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1e-30))
    return np.rint(share * _UNIT).astype(np.int64) + 1
