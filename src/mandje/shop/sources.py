"""Settings of one source of `shop.toml`, and the kinds of values that all settings are made of."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from mandje.shop.closed_days import closed_days, closed_texts
from mandje.shop.known_adapters import OPTIONS, ORDER_FEEDS, checked_adapter, known_adapter

Positive = Annotated[int, Field(gt=0)]
Hours = Annotated[Decimal, Field(gt=0)]
Amount = Annotated[Decimal, Field(ge=0)]
TaxRatio = Annotated[Decimal, Field(ge=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Traffic = Annotated[str, Field(pattern=r"^\S(.*\S)?$")]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


@cache
def _time_zones() -> frozenset[str]:
    """Looked up once: it takes a walk through the machine's folders."""
    return frozenset(available_timezones())


def _known_time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("not a time zone name such as Europe/Amsterdam")
    return name


TimeZone = Annotated[str, AfterValidator(_known_time_zone)]


# Printable, without blanks and @: it must not make an address or a blank of an id.
_ID_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,31}")


class Strict(BaseModel):
    """A part of `shop.toml`: an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# As the contracts name them; written out, since the contracts load what Airflow must not to read a DAG.
FeedName = Literal[
    "orders",
    "order_lines",
    "returns",
    "adjustments",
    "payments",
    "fulfilments",
    "session_events",
    "customers",
    "products",
    "ad_spend",
    "service_contacts",
    "messages",
    "message_events",
    "experiment_assignments",
    "exchange_rates",
]

OrderStatus = Literal["pending", "paid", "fulfilled", "cancelled", "failed", "test"]

AdapterName = Annotated[str, AfterValidator(checked_adapter)]

# In `sites`: all rows, or those that no other name fits.
ALL = "*"


class Source(Strict):
    """One folder under `exports/`: who reads it, how often it comes, and what its faults do to a night.

    `expected` is its rhythm, but for the days in `closed`. `on_refused`, `on_missing` and `on_gone` say what
    a refused delivery, a missing one of the night's own day, and loaded deliveries that left en masse do.
    `documents` says what the lines of an order or a return tell: all of it, so that a line that does not come
    again is gone, or only what changed.
    `feed` is the feed that a canonical source holds, its own name unless set. `id_prefix` goes before the ids
    that two systems may both give out; a table from site to text, where the rows of one source name sites
    that number alike. `sites` says which of the shop's sites a platform's store (its id, currency or host)
    is, `*` all of them; `statuses` what its own states of an order mean; `tax_ratio` the tax in prices of a
    source that tells none: 0.21. `engagement` says whether scrolling and time spent are events of a visit.
    `utm_source` and `utm_medium` are what visits from the ads of an advertising network carry.
    """

    adapter: AdapterName
    on_refused: Literal["stop", "go_on"]
    expected: Literal["daily", "weekly", "any"] = "any"
    on_missing: Literal["wait", "stop", "go_on"]
    # How long after the night's hour a missing delivery may still come; the shop's own unless set.
    missing_deadline_hours: Hours | None = None
    closed: Annotated[tuple[str, ...], BeforeValidator(closed_texts)] = ()
    # The clock of times that come without an offset.
    time_zone: TimeZone | None = None
    on_gone: Literal["stop", "go_on"] = "stop"
    documents: Literal["whole", "changes"] = "whole"
    feed: FeedName | None = None
    id_prefix: str | dict[str, str] | None = None
    sites: dict[str, Name] = Field(default_factory=dict)
    statuses: dict[str, OrderStatus] = Field(default_factory=dict)
    tax_ratio: TaxRatio | None = None
    utm_source: Traffic | None = None
    utm_medium: Traffic | None = None
    engagement: bool = False

    @field_validator("feed")
    @classmethod
    def _feed_is_canonical(cls, feed: str | None, info: ValidationInfo) -> str | None:
        adapter = info.data.get("adapter", "canonical")
        if feed is not None and adapter != "canonical":
            raise ValueError(f"adapter {adapter} makes its own feeds, leave it out")
        return feed

    @field_validator(*OPTIONS)
    @classmethod
    def _is_read(cls, given: object, info: ValidationInfo) -> object:
        adapter = str(info.data.get("adapter"))
        if given and info.field_name not in known_adapter(adapter).options:
            raise ValueError(f"adapter {adapter} does not read it, leave it out")
        return given

    @field_validator("id_prefix", mode="before")
    @classmethod
    def _prefix_is_text(cls, prefix: object) -> object:
        texts = prefix.values() if isinstance(prefix, dict) else (prefix,)
        if not texts or not all(isinstance(text, str) and _ID_PREFIX.fullmatch(text) for text in texts):
            raise ValueError(
                'not a text such as "nl-" (letters and digits, then also . _ : / -, at most 32), nor a table'
                f' such as {{nl = "nl-", be = "be-"}}, found {prefix!r}'
            )
        return prefix

    @property
    def has_refunds_in_orders(self) -> bool:
        """Whether refunds that name an order are parts of the order's own document."""
        return known_adapter(self.adapter).has_refunds_in_orders

    @property
    def has_summed_totals(self) -> bool:
        """Whether an order's total is the sum of the lines in its delivery: without any it has none."""
        return known_adapter(self.adapter).has_summed_totals

    def is_closed(self, day: date) -> bool:
        """Whether nothing is due on a day: a weekday or a span of days that `closed` names."""
        return any(closed.holds(day) for closed in map(closed_days, self.closed))


def default_policies(
    name: str, source: dict[str, object], mapped: Collection[str] | None = None
) -> dict[str, str]:
    """What holds orders stops the night when refused and is waited for, unless shop.toml says otherwise.

    It is the feeds that a source makes that count, not its name: those of its mapping are `mapped`.
    """
    known = known_adapter(str(source.get("adapter")))
    if mapped is not None:
        holds_orders = not ORDER_FEEDS.isdisjoint(mapped)
    else:
        holds_orders = known.holds_orders and (
            known.of_feeds is None or source.get("feed", name) in known.of_feeds
        )
    if holds_orders:
        return {"on_refused": "stop", "on_missing": "wait"}
    return {"on_refused": "go_on", "on_missing": "go_on"}
