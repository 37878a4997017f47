"""What a night says of drawn experiments whose truth is known."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from drawn_experiments import drawn
from mandje.errors import MandjeError
from mandje.experiments.difference import tuned_rho
from mandje.experiments.power import units_needed
from mandje.experiments.read_out import read_out
from mandje.experiments.results import SCHEMA
from mandje.experiments.sample_ratio import sample_ratio_p_values
from mandje.shop.experiments import Experiment

FIRST, PER_DAY = date(2025, 1, 1), 40
LETTERS = {"hold_out": 0.2, "treatment": 0.4, "letter": 0.4}
ASKED = {"orders": 0.1, "returned_ratio": 0.02, "net_spend": 8.0, "ordered": 0.05}


def plan(**changes: Any) -> Experiment:
    shares = {"hold_out": 0.2, "treatment": 0.8}
    told = {"shares": shares, "control": "hold_out", "planned_units": 4000, "smallest_difference": ASKED}
    return Experiment.model_validate(told | changes)


def units(count: int, **planted: float) -> pl.DataFrame:
    """As `unit_outcomes` gives them: so many a day; forecasts of the day before for all but every fifth."""
    table = drawn(41, 1, count, **planted)  # type: ignore[arg-type]  # names of planted effects
    days = [FIRST + timedelta(days=number // PER_DAY) for number in range(count)]
    has_forecast = pl.Series(np.arange(count) % 5 > 0)
    frame = pl.DataFrame(
        {
            "unit_id": [f"c{number}" for number in range(count)],
            "variant": np.where(table.is_treated[0], "treatment", "hold_out"),
            "assigned_date": days,
            "is_excluded": False,
            "order_count": table.orders[0],
            "has_ordered": (table.orders[0] > 0).astype(float),
            "net_spend": table.spend[0],
            "lines": table.lines[0],
            "returned_lines": table.returned[0],
            "known_on": [day - timedelta(days=1) for day in days],
            "expected_orders": table.forecast[0],
            "expected_spend": 50 * table.forecast[0],
        }
    )
    forecasts = ("known_on", "expected_orders", "expected_spend")
    return frame.with_columns(pl.when(has_forecast).then(pl.col(name)).alias(name) for name in forecasts)


def read(frame: pl.DataFrame, as_of: date, change: str | None = None, **changes: Any) -> dict[str, Any]:
    rows = read_out("e", plan(**changes), frame, as_of, change)
    assert all(row.keys() <= SCHEMA.keys() for row in rows)
    return {row["metric"]: row for row in rows}


LATE = date(2025, 12, 31)


def test_planted_effects_are_found_and_covered() -> None:
    found = read(units(8000, lift=1.3, return_factor=0.5), LATE)
    assert {name: row["verdict"] for name, row in found.items()} == {
        "orders": "better",
        "returned_ratio": "better",
        "net_spend": "better",
        "ordered": "better",
    }
    assert found["orders"]["always_low"] < 0.8 * 0.3 < found["orders"]["always_high"]
    assert found["returned_ratio"]["always_low"] < -0.05 < found["returned_ratio"]["always_high"]
    assert found["orders"]["variance_left_ratio"] < 0.8
    assert found["orders"]["always_low"] < found["orders"]["fixed_low"]
    assert found["orders"]["days_needed"] is None


def test_harm_is_worse_and_nothing_is_no_difference() -> None:
    asked = {"orders": 0.1, "net_spend": 8.0, "returned_ratio": 0.03}
    found = read(units(20_000, lift=0.8), LATE, smallest_difference=asked)
    assert found["orders"]["verdict"] == found["net_spend"]["verdict"] == "worse"
    assert found["returned_ratio"]["verdict"] == "no difference ≥ 0.03"


def test_few_units_are_undecided_with_days() -> None:
    as_of = FIRST + timedelta(days=60)
    found = read(units(2400), as_of)
    orders, returned = found["orders"], found["returned_ratio"]
    assert orders["unit_count"] + orders["control_unit_count"] == 31 * PER_DAY
    assert returned["unit_count"] + returned["control_unit_count"] == PER_DAY
    assert orders["verdict"] == f"undecided: {orders['days_needed']} more days"
    assert "fixed_low" not in orders
    assert returned["verdict"] == f"undecided: {returned['days_needed']} more days"


def test_below_100_units_in_a_variant_no_number_is_shown_or_corrected_for() -> None:
    """After 42 days 120 + 440 units or so are whole of orders; after 41 days fewer than 100 in hold_out."""
    frame, asked = units(8000, lift=3.0), {"orders": 0.1}
    days = range(30, 60)
    found = [read(frame, FIRST + timedelta(days=day), smallest_difference=asked)["orders"] for day in days]
    assert min(row["control_unit_count"] for row in found) < 100 < found[-1]["control_unit_count"]
    for row in found:
        is_shown = row["control_unit_count"] >= 100
        numbers = {name for name in ("mean", "difference", "always_low", "p_value") if name in row}
        assert numbers == ({"mean", "difference", "always_low", "p_value"} if is_shown else set())
        assert is_shown == (row["verdict"] == "better")


def test_fewer_days_than_until_100_units_are_never_told() -> None:
    """A difference so large that a handful would do: 500 units of both until hold_out has 100 of them."""
    row = read(units(400), FIRST + timedelta(days=9), window_days=1, smallest_difference={"orders": 50})
    assert row["orders"]["days_needed"] == 1 + math.ceil((500 - 400) / 40)


def test_the_days_that_are_told_are_enough() -> None:
    """So many days later there are the units at which 80 % would have been found: the interval is narrow."""
    as_of, all_units = FIRST + timedelta(days=60), units(40_000)
    seen = all_units.filter(pl.col("assigned_date") <= as_of)
    asked = {"orders": 0.1}
    days = read(seen, as_of, smallest_difference=asked)["orders"]["days_needed"]
    assert days < read(seen, as_of, smallest_difference=asked | {"ordered": 0.9})["orders"]["days_needed"]
    later = as_of + timedelta(days=days)
    row = read(all_units.filter(pl.col("assigned_date") <= later), later)["orders"]
    half = (row["always_high"] - row["always_low"]) / 2
    power = 0.8416 / 2.8016 * row["detectable_difference"]
    assert half + power == pytest.approx(0.1, rel=0.1)


def test_the_pace_of_a_young_experiment_is_that_of_the_days_that_it_has() -> None:
    """21 days at 40 a day: worked out again from what is told of the standard error."""
    asked: dict[str, Any] = {"window_days": 7, "smallest_difference": {"orders": 0.1}}
    row = read(units(840), FIRST + timedelta(days=20), **asked)["orders"]
    spread = row["detectable_difference"] / (1.959964 + 0.841621) * math.sqrt(560)
    missing = units_needed(spread, 0.1, tuned_rho(4000)) - 840
    assert row["days_needed"] == 7 + math.ceil(missing / 40)


def with_letters(count: int, **planted: float) -> pl.DataFrame:
    """Units of which every second one treated gets a letter instead: three variants."""
    is_letter = (pl.col("variant") == "treatment") & (pl.int_range(pl.len()) % 2 == 0)
    variant = pl.when(is_letter).then(pl.lit("letter")).otherwise("variant")
    return units(count, **planted).with_columns(variant=variant)


def test_planned_units_are_those_of_all_variants() -> None:
    """Of 3,000 that three variants plan, two have 600 + 1,200: from there on the fixed interval is shown."""
    asked: dict[str, Any] = {"shares": LETTERS, "planned_units": 3000, "smallest_difference": {"orders": 0.1}}
    frame = with_letters(4000)
    so_far = frame.select((pl.col("variant") != "letter").cum_sum()).to_series()
    found = [read_out("e", plan(**asked), frame.filter(so_far <= count), LATE)[0] for count in (1799, 1800)]
    assert [row["unit_count"] + row["control_unit_count"] for row in found] == [1799, 1800]
    assert ["fixed_low" in row for row in found] == [False, True]


def test_excluded_units_count_for_the_shares_and_for_nothing_else() -> None:
    frame = units(4000)
    is_lost = (pl.col("variant") == "treatment") & (pl.int_range(pl.len()) % 3 == 0)
    found = read(frame.with_columns(is_excluded=is_lost), LATE)["orders"]
    assert found["sample_ratio_p_value"] == read(frame, LATE)["orders"]["sample_ratio_p_value"]
    assert found["unit_count"] == frame.filter(~is_lost & (pl.col("variant") == "treatment")).height


def test_where_nobody_comes_any_more_it_is_said() -> None:
    assert read(units(1000), LATE)["orders"]["verdict"] == "undecided: too few units come for an answer"


def test_before_the_first_unit_is_whole_there_are_too_few() -> None:
    found = read(units(400), FIRST + timedelta(days=20))
    assert {row["verdict"] for row in found.values()} == {"undecided: too few units yet"}
    assert read(units(400).clear(), LATE) == {}


def test_lost_units_break_an_experiment_and_hide_its_effect() -> None:
    whole = units(4000, lift=1.3)
    lost = whole.filter((pl.col("variant") == "hold_out") | (pl.int_range(pl.len()) % 3 > 0))
    found = read(lost, LATE)
    assert {row["verdict"] for row in found.values()} == {"broken"}
    assert {row["difference"] for row in found.values()} == {None}
    assert {row["is_sample_ratio_alarm"] for row in found.values()} == {True}
    assert "shares that were planned" in found["orders"]["reason"]


def test_the_sample_ratio_is_looked_at_after_every_day() -> None:
    frame = units(800)
    by_day = np.zeros((20, 2))
    for day, variant in frame.select("assigned_date", "variant").iter_rows():
        by_day[(day - FIRST).days :, int(variant == "treatment")] += 1
    expected = sample_ratio_p_values(by_day, np.array([0.2, 0.8]))[-1]
    assert read(frame, LATE)["orders"]["sample_ratio_p_value"] == pytest.approx(expected, rel=1e-12)


def test_a_variant_or_a_change_that_nobody_planned_breaks_it() -> None:
    odd = units(1000).with_columns(
        pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("third")).otherwise("variant").alias("variant")
    )
    assert read(odd, LATE)["orders"]["reason"] == "1 variant(s) were delivered that the plan does not name"
    assert "control was a, is b" in read(units(1000), LATE, "control was a, is b")["orders"]["reason"]


def test_a_forecast_of_the_day_of_assignment_is_refused() -> None:
    late = units(4000).with_columns(known_on=pl.when(pl.col("known_on").is_not_null()).then("assigned_date"))
    with pytest.raises(MandjeError, match="expected_orders is of after the assignment"):
        read(late, LATE)


def test_several_variants_have_to_be_surer() -> None:
    """The same units with one variant more and with the others alone: the p-value is larger by Holm."""
    split = with_letters(6000, lift=1.2)
    rows = read_out("e", plan(shares=LETTERS, smallest_difference={"orders": 0.1}), split, LATE)
    alone = [
        read_out(
            "e",
            plan(
                shares={"hold_out": 0.3333, name: 0.6667},
                planned_units=2400,
                smallest_difference={"orders": 0.1},
            ),
            split.filter(pl.col("variant").is_in(["hold_out", name])),
            LATE,
        )[0]["p_value"]
        for name in ("treatment", "letter")
    ]
    assert [row["variant"] for row in rows] == ["treatment", "letter"]
    assert min(row["p_value"] for row in rows) == pytest.approx(2 * min(alone), rel=1e-6)


def test_nothing_that_varies_says_nothing() -> None:
    frame = units(2000).with_columns(order_count=pl.lit(0.0), lines=pl.lit(0.0), returned_lines=pl.lit(0.0))
    found = read(frame, LATE)
    assert found["orders"]["verdict"] == found["returned_ratio"]["verdict"] == "undecided: too few units yet"
