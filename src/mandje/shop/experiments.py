"""`[experiments.<id>]` of `shop.toml`: what a fair test is to answer, written down before it begins."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from mandje.shop.sources import Positive, Strict

Variant = Annotated[str, Field(min_length=1)]
Share = Annotated[Decimal, Field(gt=0, lt=1)]
Difference = Annotated[float, Field(gt=0, allow_inf_nan=False)]
MetricName = Literal["orders", "ordered", "net_spend", "returned_ratio"]


class Experiment(Strict):
    """One experiment: all but `participation` stays as it is once units are assigned.

    `shares` are those of the variants, together 1, and `control` is the one that all others are compared
    with. `smallest_difference` names the metrics that are asked about, each with the smallest difference that
    is worth knowing, in its unit. `planned_units` is the number of units, of all variants, at which the
    answer is expected. Of each unit counts what it does in the `window_days` after its assignment.
    `participation` is the part of all units that takes part; it may be raised.
    """

    shares: dict[Variant, Share]
    control: Variant
    smallest_difference: Annotated[dict[MetricName, Difference], Field(min_length=1)]
    planned_units: Positive
    window_days: Positive = 30
    participation: Annotated[Decimal, Field(gt=0, le=1)] = Decimal(1)

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> Experiment:
        total = sum(self.shares.values())
        if total != 1:
            raise ValueError(f"shares are {total} together instead of 1")
        if self.control not in self.shares:
            raise ValueError(f"control is {self.control}, which shares does not name")
        return self
