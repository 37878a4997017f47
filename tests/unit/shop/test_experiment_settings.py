"""The plan of an experiment in shop.toml."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mandje.shop.experiments import Experiment

PLAN: dict[str, Any] = {
    "shares": {"hold_out": 0.2, "treatment": 0.8},
    "control": "hold_out",
    "planned_units": 2000,
    "smallest_difference": {"orders": 0.1},
}


def test_shares_are_read_to_the_digit() -> None:
    thirds = PLAN | {"shares": {"hold_out": 0.1, "b": 0.2, "c": 0.7}}
    assert Experiment.model_validate(thirds).window_days == 30


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"shares": {"hold_out": 0.2, "treatment": 0.7}}, "shares are 0.9 together instead of 1"),
        ({"shares": {"hold_out": 1.0}}, "less than 1"),
        ({"shares": {"hold_out": 1.5, "treatment": -0.5}}, "less than 1"),
        ({"shares": {}}, "shares are 0 together"),
        ({"control": "control"}, "control is control, which shares does not name"),
        ({"smallest_difference": {}}, "at least 1 item"),
        ({"smallest_difference": {"clicks": 0.1}}, "'orders', 'ordered', 'net_spend' or 'returned_ratio'"),
        ({"smallest_difference": {"orders": 0}}, "greater than 0"),
        ({"smallest_difference": {"orders": float("inf")}}, "finite"),
        ({"participation": 1.1}, "less than or equal to 1"),
        ({"participation": 0}, "greater than 0"),
        ({"planned_units": 0}, "greater than 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Experiment.model_validate(PLAN | change)
