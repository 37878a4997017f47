"""The classes of nights: which feeds they meet, and what must become of the last night.

`absent_newest_deliveries`: a feed has no delivery of the last day. Its night waits, nothing is loaded.
`vanished_sources`: a feed has none from some day on. The silence must be held, or told where a shop may well
end such a feed. `late_days`: no feed has a delivery of the day, and all rows come with the next one. That
night publishes, and shows the day as not whole. `quarter_days`: of the last day a quarter of the orders is
delivered, with their lines, and of the visitors, with their events. `untracked_event_types`: the last day
lacks an event type. `orders_of_two_sites`: an order of the last day comes once more, as one of the other
site. `partial_orders`: the last day brings one line of an older order again without the others, though its
lines are told to be all. Each of these must be held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from mandje.errors import ExitCode

ABSENT = "absent_newest_deliveries"
VANISHED = "vanished_sources"
LATE = "late_days"
QUARTER = "quarter_days"
UNTRACKED = "untracked_event_types"
TWO_SITES = "orders_of_two_sites"
PARTIAL = "partial_orders"
# One instance of these meets several feeds.
OF_DAYS = (LATE, QUARTER)

ABSENT_FEEDS = ("orders", "order_lines", "session_events")
# They come nearly every day, and nobody expects them to.
VANISHED_FEEDS = ("returns", "customers", "ad_spend")
SILENT_DAYS = 14

# Outcomes of the last night, as `truth.defects` tells them; a figure is named up to its day.
WAITS, HELD, TOLD = "waits", "held:", "told:"
SILENCE_OUTCOMES = {
    "returns": f"{HELD}silence:returns",
    "customers": f"{TOLD}silence:customers",
    "ad_spend": f"{TOLD}silence:ad_spend",
}
QUARTER_OUTCOMES = {
    "orders": f"{HELD}day:orders",
    "order_lines": f"{HELD}day:orders",
    "session_events": f"{HELD}day:sessions",
}
TWO_SITES_OUTCOME = f"{HELD}orders_two_sites"
PARTIAL_OUTCOME = f"{HELD}untied_orders"
# Of these the hold says how many orders there are.
OF_ORDERS = (TWO_SITES_OUTCOME, PARTIAL_OUTCOME)


def untracked_outcome(event_type: str) -> str:
    """What must become of a night whose day lacks an event type."""
    return f"{HELD}event_type:{event_type}"


@dataclass(frozen=True, slots=True)
class PlantedNight:
    """What is planted of a night in one feed.

    `day` is the (first) day that lacks something, `row_count` how many rows it lacks, `again_day` the
    delivery that brings them, `key` the event type that is lacking, `has_file` whether the day has a file.
    """

    defect: str
    feed: str
    day: int
    outcome: str
    row_count: int
    again_day: int | None = None
    key: str | None = None
    has_file: bool = False


@dataclass(frozen=True, slots=True)
class LastNight:
    """What must become of the last night: a word, and figures, up to their day, that it must hold or tell."""

    outcome: Literal["published", "waits", "held"]
    holds: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Of `mandje night`."""
        codes = {"published": ExitCode.OK, "held": ExitCode.GATE_CLOSED, "waits": ExitCode.WAITING}
        return codes[self.outcome]


def is_of_last_night(outcome: pl.Expr) -> pl.Expr:
    """Whether an outcome is one of the last night, not of rows or deliveries."""
    return outcome.str.contains(f"^({WAITS}$|{HELD}|{TOLD})")


def last_night(defects: pl.DataFrame) -> LastNight:
    """What must become of the last night, by all that is planted (`outcome`)."""
    outcomes = sorted(set(defects["outcome"]))
    if WAITS in outcomes:
        return LastNight("waits")
    holds = tuple(one.removeprefix(HELD) for one in outcomes if one.startswith(HELD))
    tells = tuple(one.removeprefix(TOLD) for one in outcomes if one.startswith(TOLD))
    return LastNight("held" if holds else "published", holds, tells)
