"""What an experiment can be asked about, per unit."""

from __future__ import annotations

from dataclasses import dataclass

RETURN_DAYS = 30  # a line sent back later is not counted as sent back: units must be whole at some time


@dataclass(frozen=True)
class Metric:
    """A column of `unit_outcomes`, or for a ratio the two whose sums it divides.

    `wait_days` go by after a unit's window until the metric is whole.
    """

    top: str
    bottom: str | None = None
    is_more_better: bool = True
    wait_days: int = 0


METRICS = {
    "orders": Metric("order_count"),
    "ordered": Metric("has_ordered"),
    "net_spend": Metric("net_spend", wait_days=RETURN_DAYS),
    "returned_ratio": Metric("returned_lines", "lines", is_more_better=False, wait_days=RETURN_DAYS),
}
