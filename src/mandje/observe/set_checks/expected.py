"""What is expected of staged sets, as data: one entry per expectation, in the words that a person reads.

`hold` closes the gate: what the pipeline itself promises, or what would make the figures wrong. `warn` is
for what may well be true of the shop: a quiet day, a new category, a feed that stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import ShopSettings

Severity = Literal["warn", "hold"]

Kind = Literal[
    "unique",  # keys that come more than once
    "filled",  # share of rows with a value
    "known",  # share of values among `allowed`
    "linked",  # share of values found in `other`, a feed's key
    "fill_drop",  # share of rows with a value: dates before the newest less the newest
    "seen_before",  # share of the newest date's values that an earlier date had
    "fresh",  # days from the newest value to the as-of date
]


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One expectation: what `kind` measures on `columns` of a feed lies within minimum and maximum."""

    feed: str
    kind: Kind
    severity: Severity
    sentence: str
    columns: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    other: str | None = None

    @property
    def name(self) -> str:
        """Unique name: `<feed>_<kind>[_<columns>]`."""
        return "_".join((self.feed, self.kind, *(() if self.kind == "unique" else self.columns)))

    @property
    def expected(self) -> str:
        """The bounds in words."""
        if self.minimum is not None and self.maximum is not None:
            return f"{self.minimum:g} to {self.maximum:g}"
        return f"at least {self.minimum:g}" if self.minimum is not None else f"at most {self.maximum:g}"


def set_checks(settings: ShopSettings) -> tuple[SetCheck, ...]:
    """All expectations of a shop."""
    return (*_KEYS, *_allowed(settings), *_FILLED, *_LINKED, *_DROPS, *_SEEN, *_FRESH)


_KEYS = tuple(
    SetCheck(name, "unique", "hold", "Every key stands once among the winners.", table.key, maximum=0)
    for name, table in FEEDS.items()
)


def _allowed(settings: ShopSettings) -> tuple[SetCheck, ...]:
    sites = tuple(sorted(settings.sites))
    found = (
        (feed, column.name, sites if column.name == "site" else column.allowed)
        for feed, table in FEEDS.items()
        for column in table.columns
    )
    return tuple(
        SetCheck(
            feed, "known", "hold", "Every value is one that the contract allows.", (column,), 1.0, None, own
        )
        for feed, column, own in found
        if own
    )


# What facts are placed by: without it a row would silently leave every day and product.
_FILLED = tuple(
    SetCheck(feed, "filled", "hold", sentence, (column,), minimum=1.0)
    for feed, column, sentence in (
        ("orders", "ordered_at", "Every order has its time."),
        ("orders", "total_amount", "Every order has its total."),
        ("order_lines", "quantity", "Every line has its quantity."),
        ("order_lines", "product_id", "Every line has its product."),
        ("returns", "returned_at", "Every return has its time."),
        ("adjustments", "adjusted_at", "Every adjustment has its time."),
        ("session_events", "event_at", "Every event has its time."),
        ("session_events", "visitor_id", "Every event has its visitor."),
    )
)

_LINKS: tuple[tuple[str, str, str, Severity, float, str], ...] = (
    ("order_lines", "order_id", "orders", "hold", 0.95, "Order lines have their order."),
    ("order_lines", "product_id", "products", "warn", 0.95, "Products sold are known."),
    ("orders", "customer_id", "customers", "warn", 0.95, "Customers who ordered are known."),
    ("returns", "order_id", "orders", "warn", 0.95, "Orders that returns name were delivered."),
    ("adjustments", "order_id", "orders", "warn", 0.95, "Orders that adjustments name were delivered."),
    ("payments", "order_id", "orders", "warn", 0.95, "Orders that were paid for were delivered."),
    ("fulfilments", "order_id", "orders", "warn", 0.95, "Orders that were sent were delivered."),
    ("session_events", "order_id", "orders", "warn", 1.0, "Orders that purchases name were delivered."),
    ("session_events", "product_id", "products", "warn", 0.9, "Products looked at are known."),
    ("service_contacts", "customer_id", "customers", "warn", 0.9, "Customers who called are known."),
    ("messages", "customer_id", "customers", "warn", 0.9, "Customers written to are known."),
)
_LINKED = tuple(
    SetCheck(feed, "linked", severity, sentence, (column,), minimum=share, other=other)
    for feed, column, other, severity, share, sentence in _LINKS
)

_DROP = "The newest delivery fills the column about as often as before."
_DROPS = tuple(
    SetCheck(feed, "fill_drop", "warn", _DROP, (column,), maximum=0.3)
    for feed, column in (
        ("orders", "customer_id"),
        ("orders", "email_hash"),
        ("orders", "visitor_id"),
        ("order_lines", "unit_cost_amount"),
        ("returns", "order_id"),
        ("returns", "customer_id"),
        ("session_events", "customer_id"),
        ("session_events", "product_id"),
        ("session_events", "source"),
        ("products", "unit_cost_amount"),
    )
)

_NEW = "The newest delivery uses categories that were there before."
_SEEN = tuple(
    SetCheck(feed, "seen_before", "warn", _NEW, (column,), minimum=0.8)
    for feed, column in (
        ("orders", "sales_channel"),
        ("returns", "reason"),
        ("session_events", "event_type"),
        ("session_events", "source"),
        ("session_events", "device_category"),
        ("customers", "country_code"),
        ("products", "category"),
    )
)

_FRESH = tuple(
    SetCheck(feed, "fresh", "warn", f"The feed tells of the last {days} days.", (column,), maximum=days)
    for feed, column, days in (
        ("orders", "ordered_at", 3),
        ("returns", "returned_at", 14),
        ("session_events", "event_at", 3),
        ("ad_spend", "spend_date", 7),
        ("exchange_rates", "rate_date", 7),
    )
)
