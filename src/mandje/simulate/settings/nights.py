"""Nights that must wait, be held, or be told of: how many of each kind are planted."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from mandje.simulate.settings.base import Strict, is_nothing

_UpToThree = Annotated[int, Field(ge=0, le=3)]
_AtMostOne = Annotated[int, Field(ge=0, le=1)]
_SomeOrders = Annotated[int, Field(ge=0, le=1000, exclude_if=is_nothing)]
# So many orders whose totals do not tie are an exception, which is told.
_MOST_UNTIED = 5


class Nights(Strict):
    """Nights that must not be published as if nothing had happened. Rows that are held back never come.

    Attributes:
        absent_newest_deliveries: of the last day: orders; 2: and their lines; 3: and the events of visits.
        vanished_sources: silent for the last 14 days: returns; 2: and customers; 3: and ad spend.
        late_days: days of the last week of which all feeds come with the next day's delivery.
        quarter_days: the last day, with a quarter of its orders and of its visitors.
        untracked_event_types: one kind of event that the last day lacks.
        orders_of_two_sites: orders of the last day that come once more, as orders of the other site.
        partial_orders: orders of which the last day brings one line again without the others; 6 at least,
            and more than one in a hundred.
    """

    absent_newest_deliveries: _UpToThree = 0
    vanished_sources: _UpToThree = 0
    late_days: _UpToThree = 0
    quarter_days: _AtMostOne = 0
    untracked_event_types: _AtMostOne = 0
    orders_of_two_sites: _SomeOrders = 0
    partial_orders: _SomeOrders = 0

    @model_validator(mode="after")
    def _has_one_end(self) -> Self:
        held = (
            self.vanished_sources
            or self.quarter_days
            or self.untracked_event_types
            or self.orders_of_two_sites
            or self.partial_orders
        )
        if self.absent_newest_deliveries and held:
            raise ValueError(
                "the last night waits for absent_newest_deliveries: it never comes to the gate, which is to "
                "see vanished_sources, quarter_days, untracked_event_types, orders_of_two_sites or "
                "partial_orders; set one or the other"
            )
        if self.orders_of_two_sites and self.partial_orders:
            raise ValueError(
                "an order of two sites does not tie either: set orders_of_two_sites or partial_orders, "
                "not both"
            )
        if 0 < self.partial_orders <= _MOST_UNTIED:
            raise ValueError(f"partial_orders: more than {_MOST_UNTIED}, or 0; fewer do not hold a night")
        return self
