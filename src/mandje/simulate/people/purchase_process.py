"""How customers buy: BG/NBD in time, Gamma-Gamma in money, drawn exactly.

Sources: Fader, Hardie & Lee 2005, "Counting Your Customers the Easy Way" (BG/NBD); Fader & Hardie 2013, note
025 (Gamma-Gamma). A customer buys at gaps that are exponential with the own order rate, and leaves after each
repeat purchase with the own leaving probability, never after the first. Rates and probabilities are drawn on
the grid of chance.py, times are whole microseconds, money whole cents: nothing later depends on a last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mandje.simulate.settings.people import Segment
from mandje.simulate.world.chance import Floats, Integers, happens, on_grid
from mandje.simulate.world.clock import DAY

# Keeps gaps and means finite where a draw is 0 in single precision; nobody sees such a rate.
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases of customers 0, 1, …, by customer and number, and when customers left.

    Attributes:
        person: position of the customer, ascending.
        number: 0 = the first purchase.
        at: microseconds on the clock of the starts.
        left_after: per customer, number of the purchase after which the customer left; -1 if still there at
            the end.
    """

    person: Integers
    number: Integers
    at: Integers
    left_after: Integers


def draw_rates(generator: np.random.Generator, segment: Segment, size: int) -> tuple[Floats, Floats, Floats]:
    """`size` customers of a segment: order rates per day, leaving probabilities, spend rates nu."""
    order_rate = on_grid(generator.standard_gamma(segment.r, size) / segment.alpha)
    leaving_probability = on_grid(generator.beta(segment.a, segment.b, size))
    spend_rate = on_grid(generator.standard_gamma(segment.q, size) / segment.v)
    return (
        np.maximum(order_rate, _SMALLEST),
        np.maximum(leaving_probability, _SMALLEST),
        np.maximum(spend_rate, _SMALLEST),
    )


def purchase_times(
    generator: np.random.Generator,
    order_rate: Floats,
    leaving_probability: Floats,
    start: Integers,
    end: int,
) -> Purchases:
    """All purchases from the first, at `start`, until `end` (exclusive).

    Drawn in rounds, all first ones, all second ones and so on. A round draws for those who still buy, so a
    customer's purchases stay the same only if all others of the call do.

    Args:
        generator: used up in the order of the rounds.
        order_rate: per day, one per customer, above 0.
        leaving_probability: 0..1, one per customer.
        start: microseconds, one per customer, before `end`.
        end: microseconds.
    """
    here = np.arange(len(start))
    at, left_after = start.copy(), np.full(len(start), -1)
    people, times = [here], [start]
    while len(here):
        at[here] += _gaps(generator, order_rate[here], end)
        here = here[at[here] < end]
        people.append(here)
        times.append(at[here])
        leaves = happens(generator, leaving_probability[here], len(here))
        left_after[here[leaves]] = len(people) - 1
        here = here[~leaves]
    return _by_person(people, times, left_after)


def spend_cents(
    generator: np.random.Generator, p: Floats | float, spend_rate: Floats, price_level: Floats | float = 1.0
) -> Integers:
    """What each purchase costs: Gamma(p, spend_rate) × price level, in cents, at least 1.

    Args:
        generator: draws one spend per element of `spend_rate`.
        p: shape, of the buyer's segment.
        spend_rate: nu of the buyer.
        price_level: of the site.
    """
    amount = on_grid(generator.standard_gamma(p, len(spend_rate))) / spend_rate
    return np.asarray(np.maximum(np.rint(100 * amount * price_level), 1).astype(np.int64))


def _gaps(generator: np.random.Generator, order_rate: Floats, end: int) -> Integers:
    gaps = on_grid(generator.standard_exponential(len(order_rate))) / order_rate * DAY
    return np.asarray(np.rint(np.minimum(gaps, end)).astype(np.int64))


def _by_person(people: list[Integers], times: list[Integers], left_after: Integers) -> Purchases:
    person = np.concatenate(people)
    number = np.repeat(np.arange(len(people)), [len(here) for here in people])
    order = np.argsort(person, kind="stable")
    return Purchases(person[order], number[order], np.concatenate(times)[order], left_after)
