"""Settings of one source of `shop.toml`, and the kinds of values that all settings are made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mandje.closed_days import closed_days, closed_texts

Positive = Annotated[int, Field(gt=0)]
Amount = Annotated[Decimal, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def _known_time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone name such as Europe/Amsterdam")
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]


class Strict(BaseModel):
    """A part of `shop.toml`: an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AdapterName = Literal["canonical", "online_retail", "thelook"]

# Sources of an adapter that hold orders; None: every one. A night without them would publish wrong sales.
_HOLDS_ORDERS: dict[str, frozenset[str] | None] = {
    "canonical": frozenset({"orders", "order_lines"}),
    "online_retail": None,
    "thelook": frozenset({"orders"}),
}


class Source(Strict):
    """One folder under `exports/`: who reads it, how often it comes, and what its faults do to a night.

    `expected` is its rhythm, but for the days in `closed`. `on_refused`, `on_missing` and `on_gone` say what
    a refused delivery, a missing one of the night's own day, and loaded deliveries that left en masse do.
    """

    adapter: AdapterName
    on_refused: Literal["stop", "go_on"]
    expected: Literal["daily", "weekly", "any"] = "any"
    on_missing: Literal["wait", "stop", "go_on"]
    closed: Annotated[tuple[str, ...], BeforeValidator(closed_texts)] = ()
    # The clock of times that come without an offset.
    time_zone: TimeZone | None = None
    on_gone: Literal["stop", "go_on"] = "stop"

    def is_closed(self, day: date) -> bool:
        """Whether nothing is due on a day: a weekday or a span of days that `closed` names."""
        return any(closed.holds(day) for closed in map(closed_days, self.closed))


def default_policies(name: str, source: dict[str, object]) -> dict[str, str]:
    """What holds orders stops the night when refused and is waited for, unless shop.toml says otherwise."""
    names = _HOLDS_ORDERS.get(str(source.get("adapter")), frozenset())
    if names is None or name in names:
        return {"on_refused": "stop", "on_missing": "wait"}
    return {"on_refused": "go_on", "on_missing": "go_on"}
