"""Tax is taken out of amounts exactly, beside fractions, which have no end."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
import pytest

from mandje.adapters.exact import quotient, without_tax
from mandje.contracts.types import DECIMAL, RATE

D = Decimal


@pytest.mark.parametrize("ratio", ["0", "0.09", "0.21", "0.055", "0.123456789", "0.9999999"])
def test_tax_is_taken_out_exactly(ratio: str) -> None:
    amounts = [D(n) / 100 for n in (0, 1, 5, 995, 1995, -1995, 5985, 99_999, 10**11 + 7, -(10**15) - 1)]
    frame = pl.DataFrame({"amount": [*amounts, D("0.0001"), D("-0.0001")]}, {"amount": DECIMAL})
    found = frame.select(without_tax(pl.col("amount"), D(ratio))).to_series().to_list()
    for amount, net in zip(frame["amount"], found, strict=True):
        size = Fraction(abs(amount)) / (1 + Fraction(ratio)) * 10_000
        whole = D(int(size + Fraction(1, 2))).scaleb(-4).quantize(D("0.0001"), ROUND_HALF_UP)
        assert net == whole.copy_sign(amount)


def test_halves_go_away_from_zero_in_any_decimal() -> None:
    above = pl.Series([1, -1, 3, 0, None], dtype=pl.Int128)
    found = pl.select(quotient(pl.lit(above), 2), quotient(pl.lit(above), 2, RATE).alias("rate"))
    assert found.to_series(0).to_list() == [D("0.0001"), D("-0.0001"), D("0.0002"), 0, None]
    assert found["rate"].to_list() == [D("1e-12"), D("-1e-12"), D("2e-12"), 0, None]
