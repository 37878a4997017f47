from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mandje.predict.inputs.minimum_data import DataCounts, find_shortfall, is_enough, lacks_repeats_only
from mandje.predict.models.parameters import PurchasePatterns

JUST_ENOUGH = DataCounts(600, 500, 50, 700, {30: 510, 14: 560, 0: 600}, {}, 180, 29)


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


@pytest.mark.parametrize(
    ("customers", "order_days", "reason"),
    [(100, 1000, None), (99, 9000, "too_few_customers"), (499, 999, "too_few_customers"), (500, 0, None)],
)
def test_fewer_customers_are_enough_where_they_come_often(
    customers: int, order_days: int, reason: str | None
) -> None:
    counts = replace(JUST_ENOUGH, customers_in_fit=customers, repeat_order_days=order_days)
    shortfall = find_shortfall(counts)
    assert (shortfall and shortfall[0]) == reason
    x = np.where(np.arange(customers) < 50, order_days // 50, 0).astype(np.float64)
    x[:50] = np.maximum(x[:50], 2)
    known = PurchasePatterns(x, x, x + 1, np.ones(customers))
    assert is_enough(known) == (reason is None)


def test_what_lacks_is_only_who_came_back() -> None:
    assert lacks_repeats_only(replace(JUST_ENOUGH, customers_with_three_order_days=0))
    for change in ({"customers_in_fit": 499}, {"history_days": 179}, {"quiet_days": 30}):
        few = replace(JUST_ENOUGH, customers_with_three_order_days=0)
        assert not lacks_repeats_only(replace(few, **change))


def test_messages_say_what_there_is() -> None:
    shortfall = find_shortfall(replace(JUST_ENOUGH, quiet_days=41))
    assert shortfall == ("no_recent_order", "no order in the last 41 days, one in the last 30 needed")


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
        "30 customers to learn from, 500 needed, or 100 with 1,000 order days after their first "
        "(they have 700); left out: 270 whose first order may not be their first"
    )
    assert (
        "left_truncation_days in shop.toml; 0 if the exports begin with the shop; with 30, 14, 0 days" in told
    )
    assert "there would be at most 510, 560, 600)" in told
    assert "and 4 who did not agree to be profiled" in told
