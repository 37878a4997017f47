"""What customers like, planted where it is set: tastes, products that go together, things used up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mandje.simulate.settings.base import Days, Ratio, Span, Strict

Number = Annotated[int, Field(ge=1, le=100)]


class Taste(Strict):
    """What customers like and which products go together; nothing unless `affinity` is above 0.

    Then `tastes`, `affinities` and `consumables` of the truth tell it. Who orders when, and what an order
    comes to, stay as they are.

    Attributes:
        affinity: of lines, chosen by taste and popularity, not by price alone; all ratios below are of it.
        concentration: of a person's weights of categories, which are drawn from a Dirichlet distribution:
            the smaller, the fewer categories a person likes.
        drift_ratio: of choices, made by what the person's group (sex and age in the account) likes, from a
            year after the first order on; none at first.
        popularity_exponent: of the popularity of products by rank, after Zipf.
        trend_ratio: of lines at their price that go to one of two trend products on the last day; none at
            first.
        pairs, pair_ratio: of orders with several lines, those of two complements; all are best sellers.
        refill_pairs, refill_ratio: of devices bought, followed by the refill if the next order comes within
            `refill_days`.
        consumables, consumer_ratio, repeat_ratio: of customers, those who use one up; of orders after it was
            used up, those that bring it again.
        interval_days: how long a consumable lasts, each its own.
    """

    affinity: Ratio = 0.0
    concentration: Annotated[float, Field(ge=0.05, le=100)] = 0.3
    drift_ratio: Ratio = 0.3
    popularity_exponent: Annotated[float, Field(ge=0, le=3)] = 1.0
    trend_ratio: Ratio = 0.3
    pairs: Number = 40
    pair_ratio: Ratio = 0.46
    refill_pairs: Number = 30
    refill_ratio: Ratio = 0.7
    refill_days: Span[Days] = (5, 120)
    consumables: Number = 60
    consumer_ratio: Ratio = 0.95
    repeat_ratio: Ratio = 0.9
    interval_days: Span[Days] = (10, 40)


def has_no_taste(taste: Taste) -> bool:
    """Whether nothing of it is planted."""
    return taste.affinity == 0
