from __future__ import annotations

from dataclasses import replace

import pytest

from mandje.predict.inputs.minimum_data import DataCounts, find_shortfall

JUST_ENOUGH = DataCounts(600, 500, 50, {}, 180, 29)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"customers_in_fit": 499}, "too_few_customers"),
        ({"customers_with_three_order_days": 49}, "too_few_repeat_customers"),
        ({"history_days": 179}, "too_short_history"),
        ({"quiet_days": 30}, "no_recent_order"),
        ({"quiet_days": None}, "no_recent_order"),
    ],
)
def test_each_minimum(change: dict[str, int | None], reason: str) -> None:
    assert find_shortfall(JUST_ENOUGH) is None
    shortfall = find_shortfall(replace(JUST_ENOUGH, **change))
    assert shortfall is not None
    assert shortfall[0] == reason


def test_a_year_needs_a_year() -> None:
    assert not replace(JUST_ENOUGH, history_days=364).knows_a_year
    assert replace(JUST_ENOUGH, history_days=365).knows_a_year


def test_those_who_are_left_out_are_told() -> None:
    counts = replace(
        JUST_ENOUGH, customers_in_fit=30, customers_excluded={"left_truncated": 270, "no_consent": 4}
    )
    shortfall = find_shortfall(counts)
    assert shortfall is not None
    told = shortfall[1]
    assert told.startswith(
        "30 customers to learn from, 500 needed; left out: 270 whose first order may not be"
    )
    assert "left_truncation_days in shop.toml; 0 if the exports begin with the shop" in told
    assert "and 4 who did not agree to be profiled" in told
