"""More orders, and fewer: what multiplies customers' rates of ordering for some days.

The purchases of BG/NBD stay as they were drawn. Orders more are drawn apart, by the rate that comes on top,
while the customer has not left; orders fewer are purchases that do not take place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.simulate.people.order_clock import OrderClock
from mandje.simulate.people.purchase_process import spend_cents
from mandje.simulate.people.rhythm import in_hours
from mandje.simulate.world.chance import Flags, Floats, Integers, happens, on_grid
from mandje.simulate.world.clock import DAY
from mandje.simulate.world.sites import SITES
from mandje.simulate.world.world import Block, World

# Columns of orders that are drawn apart; `message` and `experiment` tell what each is caused by.
CAUSED = {
    "person": pl.Int64(),
    "day": pl.Int64(),
    "civil_at": pl.Int64(),
    "message": pl.Int64(),
    "experiment": pl.String(),
}
PREVENTED = {"person": pl.Int64(), "number": pl.Int64(), "message": pl.Int64(), "experiment": pl.String()}


@dataclass(frozen=True, slots=True)
class Spans:
    """Days of customers on which their rate of ordering is another, one array each.

    Attributes:
        person: whose.
        first, end: days, the last one exclusive.
        change: by what of itself the rate is higher, or lower if negative.
        message, experiment: what does it, one of both; null where it is the other.
    """

    person: Integers
    first: Integers
    end: Integers
    change: Floats
    message: pl.Series
    experiment: pl.Series


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the customers of a block order by themselves, while they have not left.

    Attributes:
        block: of customers.
        edges: where each day begins on the process clock.
        order_rate: per day of that clock, by customer.
        left_day: day of the purchase after which a customer left, by customer; far away if never.
    """

    block: Block
    edges: Integers
    order_rate: Floats
    left_day: Integers

    def expected(self, person: Integers, first: Integers, end: Integers) -> Floats:
        """Orders that the rates alone bring on these days, given when the customer leaves."""
        low, high = self._ends(person, first, end)
        return on_grid(self.order_rate[person - self.block.first_person] * (high - low) / DAY)

    def draw_days(
        self, generator: np.random.Generator, person: Integers, first: Integers, end: Integers
    ) -> Integers:
        """One day of each span, as likely as its part of the process clock."""
        low, high = self._ends(person, first, end)
        return (
            np.searchsorted(self.edges, generator.integers(low, np.maximum(high, low + 1)), side="right") - 1
        )

    def _ends(self, person: Integers, first: Integers, end: Integers) -> tuple[Integers, Integers]:
        last = len(self.edges) - 1
        until = np.minimum(np.minimum(end, last), self.left_day[person - self.block.first_person] + 1)
        begin = np.minimum(first, last)
        return self.edges[begin], self.edges[np.maximum(until, begin)]


def own_rates(world: World, block: Block, people: pl.DataFrame, purchases: pl.DataFrame) -> Rates:
    """The rates of a block's customers."""
    left = people.select("person", number="left_after").join(
        purchases.select("person", "number", "day"),
        on=["person", "number"],
        how="left",
        maintain_order="left",
    )
    edges = OrderClock(world.settings).to_process(np.arange(world.clock.days + 1) * DAY)
    never = world.clock.days
    return Rates(block, edges, people["order_rate"].to_numpy(), left["day"].fill_null(never).to_numpy())


def more_orders(world: World, rates: Rates, name: str, spans: Spans) -> pl.DataFrame:
    """Orders on top, in the columns of `CAUSED`: Poisson by the higher rate of each span."""
    generator = world.chance("acting", name, "more", rates.block.number)
    expected = rates.expected(spans.person, spans.first, spans.end)
    count = generator.poisson(on_grid(expected * np.maximum(spans.change, 0.0)))
    row = np.repeat(np.arange(len(count)), count)
    person = spans.person[row]
    day = rates.draw_days(generator, person, spans.first[row], spans.end[row])
    return pl.DataFrame(
        {
            "person": person,
            "day": day,
            "civil_at": at_some_hour(world, generator, day),
            "message": spans.message.gather(row),
            "experiment": spans.experiment.gather(row),
        },
        schema=CAUSED,
    )


def fewer_orders(world: World, block: Block, name: str, spans: Spans, orders: pl.DataFrame) -> pl.DataFrame:
    """Purchases that do not take place, in the columns of `PREVENTED`, each by the first that prevents it."""
    generator = world.chance("acting", name, "fewer", block.number)
    lower: Flags = spans.change < 0
    rows = pl.DataFrame(
        {
            "person": spans.person[lower],
            "first": spans.first[lower],
            "end": spans.end[lower],
            "change": spans.change[lower],
            "message": spans.message.filter(pl.Series(lower)),
            "experiment": spans.experiment.filter(pl.Series(lower)),
        }
    )
    inside = rows.join(
        orders.filter(pl.col("number") >= 0).select("person", "number", "day"),
        on="person",
        maintain_order="left_right",
    ).filter(pl.col("day") >= pl.col("first"), pl.col("day") < pl.col("end"))
    hit = happens(generator, -inside["change"].to_numpy(), inside.height)
    return (
        inside.filter(pl.Series(hit, dtype=pl.Boolean))
        .unique(["person", "number"], keep="first", maintain_order=True)
        .select(list(PREVENTED))
        .cast(pl.Schema(PREVENTED))
    )


def at_some_hour(world: World, generator: np.random.Generator, day: Integers) -> Integers:
    """A civil time on each day, by the weights of the hours."""
    return in_hours(day * DAY + generator.integers(0, DAY, len(day)), world.settings.rhythm.hours)


def spends(world: World, block: Block, people: pl.DataFrame, caused: pl.DataFrame) -> Integers:
    """What each order comes to, in cents of the customer's own site, by the law of all of that customer's."""
    row = caused["person"].to_numpy() - block.first_person
    shape = np.array([segment.p for segment in world.settings.segments])[people["segment"].to_numpy()[row]]
    level = np.array([each.price_level for each in SITES])[people["site"].to_numpy()[row]]
    level = level * OrderClock(world.settings).spend_factors(caused["day"].to_numpy())
    return spend_cents(
        world.chance("acting", "spend", block.number), shape, people["spend_rate"].to_numpy()[row], level
    )
