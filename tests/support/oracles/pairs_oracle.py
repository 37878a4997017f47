"""Products bought together beyond chance: computed once more, pair by pair, with the Poisson tail itself."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import combinations

Basket = tuple[str, date, frozenset[str]]  # site, day, products
Pair = tuple[str, str]


@dataclass(frozen=True)
class Met:
    """How often a pair lay together, and how often chance lays it."""

    seen: int
    expected: float

    @property
    def chance(self) -> float:
        """Probability of as many or more."""
        terms = (
            math.exp(n * math.log(self.expected) - self.expected - math.lgamma(n + 1))
            for n in range(self.seen, self.seen + 400)
        )
        return 1.0 if self.seen <= self.expected else min(1.0, sum(terms))


def _class(size: int) -> int:
    return next(top for top in (*range(1, 6), 10, 20, 50) if size <= top)


def pairs_met(baskets: list[Basket]) -> tuple[dict[Pair, Met], int]:
    """Pairs of at least five baskets, and how many pairs could have been one."""
    groups: dict[tuple[str, int, int, int], list[frozenset[str]]] = defaultdict(list)
    for site, day, products in baskets:
        if 1 < len(products) <= 50:
            groups[site, day.year, day.month, _class(len(products))].append(products)
    sold = {key: Counter(one for basket in own for one in basket) for key, own in groups.items()}
    seen = Counter(pair for own in groups.values() for one in own for pair in combinations(sorted(one), 2))
    met = {}
    for pair, count in seen.items():
        expected = 0.0
        for key, own in groups.items():
            a, b = (sold[key][one] for one in pair)
            places = sum(map(len, own))
            if a and b:
                neighbours = sum(len(one) * (len(one) - 1) for one in own)
                expected += a * b * neighbours / (places * (places - max(a, b)))
        if count >= 5:
            met[pair] = Met(count, expected)
    often = sum(count >= 5 for count in sum(sold.values(), Counter()).values())
    return met, often * (often - 1) // 2


def beyond_chance(met: dict[Pair, Met], looked_at: int) -> set[Pair]:
    """Benjamini and Hochberg at 5 %: the most pairs of which the last still lies below its own step."""
    ordered = sorted(met, key=lambda pair: (met[pair].chance, pair))
    below = [rank for rank, pair in enumerate(ordered, 1) if met[pair].chance <= 0.05 * rank / looked_at]
    return set(ordered[: max(below, default=0)])
