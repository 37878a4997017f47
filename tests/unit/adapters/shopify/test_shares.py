from __future__ import annotations

from fractions import Fraction
from math import floor

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mandje.adapters.shopify.shares import with_shares

Order = tuple[int, int, list[int]]


def plain_shares(amount: int, more: int, weights: list[int]) -> tuple[list[int], int]:
    """One share at a time with fractions: each rounded half up to 100, what is left on the first largest."""
    everything = [*weights, more]
    if sum(everything) == 0:
        return [0] * len(weights), 0
    exact = [Fraction(amount * weight, sum(everything)) for weight in everything]
    shares = [floor(share / 100 + Fraction(1, 2)) * 100 for share in exact]
    shares[everything.index(max(everything))] += amount - sum(shares)
    return shares[:-1], shares[-1]


def shares_of(*orders: Order) -> list[tuple[list[int], int]]:
    rows = [
        {"order": number, "amount": amount, "more": more, "weight": weight}
        for number, (amount, more, weights) in enumerate(orders)
        for weight in weights
    ]
    schema = {"order": pl.Int64, "amount": pl.Int128, "more": pl.Int128, "weight": pl.Int128}
    shared = with_shares(pl.DataFrame(rows, schema=schema), "amount", "more", ("order",))
    together = shared.group_by("order", maintain_order=True).agg("share", pl.col("share_of_more").unique())
    return [(share, more[0]) for _, share, more in together.rows()]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((94_500, 60_500, [242_000, 242_000]), ([42_000, 42_000], 10_500)),
        ((2_500, 0, [10_000] * 3), ([900, 800, 800], 0)),
        ((2_500, 10_000, [10_000, 10_000]), ([900, 800], 800)),
        ((2_500, 10_001, [10_000, 10_000]), ([800, 800], 900)),
        ((500, 0, [0, 0]), ([0, 0], 0)),
        ((500, 7, [0]), ([0], 500)),
    ],
)
def test_shares_worked_out_by_hand(order: Order, expected: tuple[list[int], int]) -> None:
    assert shares_of(order) == [expected]


amounts = st.integers(0, 10**14)
drawn = st.tuples(amounts, amounts, st.lists(amounts, min_size=1, max_size=5))


@settings(max_examples=200, deadline=None)
@given(st.lists(drawn, min_size=1, max_size=4))
def test_shares_equal_a_plain_computation(orders: list[Order]) -> None:
    assert shares_of(*orders) == [plain_shares(*order) for order in orders]
