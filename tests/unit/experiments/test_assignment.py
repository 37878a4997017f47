"""Who gets which variant follows from a hash that anybody can work out."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest
from scipy.stats import chisquare

from mandje.experiments.assignment import assign, unit_numbers

UNITS = pl.Series([f"c{number}" for number in range(20_000)])
HALVES = {"hold_out": 0.5, "treatment": 0.5}


def test_a_unit_has_the_first_60_bits_of_its_hash() -> None:
    """A number that was worked out by `sha256sum`, and the same in plain Python for odd ids."""
    assert unit_numbers("size_advice", pl.Series(["c1"])).to_list() == [int(KNOWN, 16) / 2**60]
    odd = ["", "|", "é", "a|b", "O'Neill", "7"]
    slow = [int(hashlib.sha256(f"e|{unit}".encode()).hexdigest()[:15], 16) / 2**60 for unit in odd]
    assert unit_numbers("e", pl.Series(odd)).to_list() == slow


KNOWN = "364e8d1770374b8"


def test_no_units_have_no_variants() -> None:
    assert assign("e", pl.Series([], dtype=pl.String), HALVES).to_list() == []


def test_variants_get_their_shares() -> None:
    shares = {"hold_out": 0.2, "mail": 0.5, "letter": 0.3}
    counts = assign("e", UNITS, shares).value_counts().sort("variant")["count"]
    assert chisquare(counts, [0.2 * 20_000, 0.3 * 20_000, 0.5 * 20_000]).pvalue > 0.001


def test_the_order_in_which_shares_are_written_changes_nobody() -> None:
    """The first stretch is that of the first name: c1 has u = 0.2117."""
    shares = {"treatment": 0.8, "hold_out": 0.2}
    turned = dict(reversed(shares.items()))
    assert assign("e", UNITS, shares).to_list() == assign("e", UNITS, turned).to_list()
    asked = [{"b": 0.8, "a": 0.2}, {"b": 0.78, "a": 0.22}]
    assert [assign("size_advice", pl.Series(["c1"]), one).item() for one in asked] == ["b", "a"]


def test_experiments_know_nothing_of_each_other() -> None:
    correlation = np.corrcoef(unit_numbers("e", UNITS), unit_numbers("f", UNITS))[0, 1]
    assert abs(correlation) < 3.5 / np.sqrt(len(UNITS))


def test_raising_the_participation_only_adds_units() -> None:
    few, many = (assign("e", UNITS, HALVES, part) for part in (0.1, 0.6))
    was_in = few.is_not_null()
    assert many.filter(was_in).to_list() == few.filter(was_in).to_list()
    assert few.is_not_null().mean() == pytest.approx(0.1, abs=0.01)
    assert many.is_not_null().mean() == pytest.approx(0.6, abs=0.015)
    assert many.drop_nulls().eq("treatment").mean() == pytest.approx(0.5, abs=0.02)
