"""Where an event stands among others: the slow, obvious way, for oracles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

STEPS = (
    *("page_view", "search", "product_view", "add_to_cart", "remove_from_cart"),
    *("begin_checkout", "add_shipping", "add_payment", "checkout_error", "purchase"),
)


def in_time(event: Mapping[str, Any]) -> tuple[datetime, int, str]:
    """By time, at one moment by the step of a visit, at one step by id."""
    return event["event_at"], STEPS.index(event["event_type"]), event["event_id"]
