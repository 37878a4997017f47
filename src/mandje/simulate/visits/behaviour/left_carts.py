"""Visits on which known customers leave a cart, beside those that come before an order by themselves."""

from __future__ import annotations

import numpy as np
import polars as pl

from mandje.simulate.visits.behaviour.plan import Login, Stage, kind_of_device, persons_visitor, planned
from mandje.simulate.world.chance import Integers, happens, pick
from mandje.simulate.world.world import Block, World


def plan_left_carts(world: World, block: Block, carts: pl.DataFrame, first_device: Integers) -> pl.DataFrame:
    """One visit for each cart (person, site, left_at, order), which ends when the cart is left.

    Where an order comes of it, its lines are what is put in; the customer is logged in.
    """
    settings, generator = world.settings.visits.browsing, world.chance("acting", "cart visits", block.number)
    size, person = carts.height, carts["person"].to_numpy()
    order = carts["order"].fill_null(-1).to_numpy()
    things = 1 + pick(generator, size, settings.things)
    begins = happens(generator, settings.checkout_ratio, size) & (order < 0)
    return planned(
        size,
        visitor=persons_visitor(person, 0),
        person=person,
        device=kind_of_device(first_device[person - block.first_person], np.zeros(size, np.int64)),
        site=carts["site"],
        at=carts["left_at"],
        is_at_end=True,
        kind=pl.Series(np.where(order >= 0, "cart_of_order", np.where(begins, "checkout", "cart"))),
        is_journey=True,
        lines_of=order,
        pages=pick(generator, size, settings.pages),
        random_adds=np.where(order < 0, things, 0),
        stage=np.where(begins, int(Stage.CHECKOUT), int(Stage.NONE)),
        login=int(Login.ALWAYS),
        mix="again",
    )


def returned_carts(visits: pl.DataFrame, orders: pl.DataFrame, carried: pl.Series) -> pl.DataFrame:
    """Carts that logged-in customers left, and ordered later by themselves.

    Args:
        visits: planned, with ended_at.
        orders: person, ordered_at: all that take place.
        carried: orders that are caused.

    Returns:
        cart (number), person, left_at, next_at (the person's next order of any kind).
    """
    left = visits.filter(
        pl.col("kind") == "cart_of_order",
        pl.col("login") == int(Login.ALWAYS),
        ~pl.col("lines_of").is_in(carried.implode()),
    ).select("person", left_at="ended_at")
    times = orders.select("person", next_at="ordered_at").sort("next_at")
    found = left.sort("left_at", "person").join_asof(
        times, left_on="left_at", right_on="next_at", by="person", strategy="forward", check_sortedness=False
    )
    return found.sort("person", "left_at").with_row_index("cart").with_columns(pl.col("cart").cast(pl.Int64))
