"""Which orders and returns are delivered in a difficult way: as many as the settings say, no more.

An order is chosen for one class at most. All deliveries of a chosen one lie before the last day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.world.chance import Flags, Integers
from mandje.simulate.world.clock import DAY, HOUR
from mandje.simulate.world.world import Block, World

CORRECTED, LINE_LESS = "corrected_orders", "corrected_orders_with_a_line_less"
CANCELLED, STALE = "cancelled_later", "stale_reexports"
BEFORE_ORDER, LATE_RETURN = "returns_before_their_order", "late_returns"

# Corrections come up to 15 days after the fulfilment, which is at most 5 days after the order.
_CORRECTED_AFTER = (DAY, 15 * DAY)
_STALE_DAYS = (1, 21)
_ORDER_LATE_DAYS = (3, 10)
_RETURN_LATE_DAYS = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """What is planned for a block.

    Attributes:
        corrections: order, corrected_at (moment), defect (class).
        stale: order, delivery_day (of the copy), has_lines (its lines come again too).
        late_orders: order, delivery_day (not before it), return_id of the return that comes first.
        late_returns: return_id, delivery_day.
    """

    corrections: pl.DataFrame
    stale: pl.DataFrame
    late_orders: pl.DataFrame
    late_returns: pl.DataFrame


def share_of_block(world: World, block: Block, count: int) -> int:
    """How many of `count` fall to this block: in step with its customers, `count` over all blocks."""
    customers = world.settings.customers
    return count * (block.first_person + block.size) // customers - count * block.first_person // customers


def make_plan(
    world: World, block: Block, orders: pl.DataFrame, returns: pl.DataFrame
) -> tuple[Plan, pl.DataFrame]:
    """The plan, and the returns with those that are timed before their order."""
    late_orders, returns = _before_their_order(world, block, orders, returns)
    free = orders.filter(
        ~pl.col("order").is_in(late_orders["order"].implode())
        & pl.col("changed_at").is_not_null()
        & pl.col("is_counted")
    )
    counts = world.settings.sales.defects
    changed_day = world.clock.delivery_day(free["changed_at"].to_numpy())
    early = changed_day <= world.clock.days - _STALE_DAYS[1] - 2
    wanted = [
        share_of_block(world, block, count)
        for count in (
            counts.corrected_orders,
            counts.corrected_orders_with_a_line_less,
            counts.stale_reexports,
        )
    ]
    chosen = _choose(world, block, "orders", early, sum(wanted))
    corrected, less, stale = np.split(chosen, np.cumsum(wanted)[:-1])
    plan = Plan(
        _corrections(world, block, free, corrected, less),
        _stale(world, block, free[stale], changed_day[stale]),
        late_orders,
        _late_returns(world, block, returns, set_aside=late_orders),
    )
    return plan, returns


def _choose(world: World, block: Block, what: str, fits: Flags, wanted: int) -> Integers:
    """Positions of `wanted` of those that fit, or of all if there are fewer."""
    shuffled = world.chance("planted", what, block.number).permutation(np.flatnonzero(fits))
    return shuffled[:wanted].astype(np.int64)


def _corrections(
    world: World, block: Block, orders: pl.DataFrame, corrected: Integers, less: Integers
) -> pl.DataFrame:
    rows = np.concatenate([corrected, less])
    wait = world.chance("planted", "corrections", block.number).integers(*_CORRECTED_AFTER, len(rows))
    return pl.DataFrame(
        {
            "order": orders["order"].to_numpy()[rows],
            "corrected_at": orders["changed_at"].to_numpy()[rows] + wait,
            "defect": np.repeat([CORRECTED, LINE_LESS], [len(corrected), len(less)]),
        },
        schema_overrides={"defect": pl.String},
    )


def _stale(world: World, block: Block, orders: pl.DataFrame, changed_day: Integers) -> pl.DataFrame:
    wait = world.chance("planted", "stale", block.number).integers(*_STALE_DAYS, orders.height)
    return orders.select(
        "order",
        pl.Series("delivery_day", changed_day + wait, dtype=pl.Int64),
        (pl.int_range(pl.len()) % 2 == 0).alias("has_lines"),
    )


def _parcels(world: World, returns: pl.DataFrame) -> pl.DataFrame:
    """Returns, one row each, with the day on which they can be delivered first."""
    parcels = returns.unique("return_id", keep="first", maintain_order=True)
    day = world.clock.delivery_day(parcels["returned_at"].to_numpy())
    return parcels.with_columns(pl.Series("known_day", day))


def _before_their_order(
    world: World, block: Block, orders: pl.DataFrame, returns: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Late orders; every second of their returns is timed an hour before the order."""
    parcels = _parcels(world, returns).join(
        orders.select("order", "ordered_at"), on="order", how="left", maintain_order="left"
    )
    ordered = world.clock.delivery_day(parcels["ordered_at"].to_numpy())
    least, most = _ORDER_LATE_DAYS
    fits = (parcels["known_day"].to_numpy() < ordered + most) & parcels["shows_order"].to_numpy()
    fits &= (ordered >= 1) & (ordered + most <= world.clock.days - 2)
    fits &= (parcels["order"].len() == 0) | ~parcels["order"].is_duplicated().to_numpy()
    wanted = share_of_block(world, block, world.settings.sales.defects.returns_before_their_order)
    chosen = _choose(world, block, "late orders", fits, wanted)
    is_timed_before = np.arange(len(chosen)) % 2 == 0
    known = np.where(is_timed_before, ordered[chosen], parcels["known_day"].to_numpy()[chosen])
    first, last = np.maximum(known + 1, ordered[chosen] + least), ordered[chosen] + most
    day = world.chance("planted", "late orders' days", block.number).integers(first, last + 1)
    late = parcels[chosen].select("order", "return_id", pl.Series("delivery_day", day, dtype=pl.Int64))
    moved = parcels[chosen].filter(pl.Series(is_timed_before, dtype=pl.Boolean))
    return late, _moved(returns, moved.select("return_id", (pl.col("ordered_at") - HOUR).alias("moved_to")))


def _moved(returns: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    return (
        returns.join(moved, on="return_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce("moved_to", "returned_at").alias("returned_at"))
        .drop("moved_to")
    )


def _late_returns(world: World, block: Block, returns: pl.DataFrame, set_aside: pl.DataFrame) -> pl.DataFrame:
    parcels = _parcels(world, returns)
    known = parcels["known_day"].to_numpy()
    taken = parcels["order"].is_in(set_aside["order"].implode()).to_numpy()
    room = np.minimum(_RETURN_LATE_DAYS, world.clock.days - 2 - known)
    wanted = share_of_block(world, block, world.settings.sales.defects.late_returns)
    chosen = _choose(world, block, "late returns", ~taken & (room > 0), wanted)
    wait = world.chance("planted", "late returns' days", block.number).integers(1, room[chosen] + 1)
    return parcels[chosen].select(
        "return_id", pl.Series("delivery_day", known[chosen] + wait, dtype=pl.Int64)
    )
