"""The classes of defects: which feeds they meet, and what they do there.

Row classes. `exact_duplicates`: a row stands twice in its file; the first is a duplicate. `late_events`: an
event comes 1 to 40 days late and is kept. `header_only_versions`: an order's header comes again in a newer
version, without lines: it is kept, and the lines stay. `changed_lines_alone`: one of an order's several lines
comes again, changed and without the others: it is kept, and so are they. `placeholder_ids`: a word for none
stands where a row names no customer; the row is kept, and nobody's. `float_ids`: a customer's number has `.0`
behind it; the row is kept, and that customer's. The others are rows that nothing else knows of: a copy of a
good row under a key of its own, with one cell broken; rejected by the rule of DAMAGED_ROWS.

Delivery classes. A file delivered twice comes again some days later; its first rows are duplicates. A file
that is truncated, has another header or 0 bytes is refused, and comes again whole. An empty delivery has
only its header, a missing one no folder; its rows come with the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mandje.simulate.deliver.broken_file import BROKEN_BYTE, Breakage

EXACT_DUPLICATES = "exact_duplicates"
LATE_EVENTS = "late_events"
MOST_DAYS_LATE = 40
HEADER_ONLY = "header_only_versions"
LINES_ALONE = "changed_lines_alone"
# Newer versions of rows, some days later.
NEWER = (HEADER_ONLY, LINES_ALONE)
PLACEHOLDER_IDS = "placeholder_ids"
FLOAT_IDS = "float_ids"
OTHER_IDS = (PLACEHOLDER_IDS, FLOAT_IDS)

# A folder of these lies there every day, with or without rows.
WRITTEN_DAILY = ("orders", "order_lines", "returns", "session_events", "customers")
_DAILY = (*WRITTEN_DAILY, "ad_spend")
WEEKLY = ("service_contacts", "messages")
QUARTERLY = ("products",)

Change = Literal["text", "null", "negative", "other_time"]


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done to one cell of a row: `text` is written instead of the value."""

    column: str
    change: Change
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DamagedRows:
    """A class of rows with one broken cell: the rule that rejects them, and the cell by feed."""

    rule: str
    damages: dict[str, Damage]


def _texts(text: str, **columns: str) -> dict[str, Damage]:
    return {feed: Damage(column, "text", text) for feed, column in columns.items()}


def _changes(change: Change, **columns: str) -> dict[str, Damage]:
    return {feed: Damage(column, change) for feed, column in columns.items()}


DAMAGED_ROWS: dict[str, DamagedRows] = {
    "wrong_type": DamagedRows(
        "type",
        _texts(
            "n/a",
            orders="total_amount",
            order_lines="unit_price_amount",
            returns="refund_amount",
            customers="birth_year",
            products="list_price_amount",
            service_contacts="contacted_at",
        ),
    ),
    "missing_key": DamagedRows(
        "missing",
        _changes(
            "null",
            orders="order_id",
            order_lines="order_id",
            returns="return_id",
            session_events="event_id",
            customers="customer_id",
            products="product_id",
            messages="message_id",
        ),
    ),
    "negative_quantity": DamagedRows(
        "range", _changes("negative", order_lines="quantity", session_events="quantity")
    ),
    "unknown_status": DamagedRows(
        "allowed", _texts("unheard_of", orders="status", session_events="event_type")
    ),
    "impossible_date": DamagedRows(
        "impossible_date",
        _changes(
            "other_time",
            orders="ordered_at",
            returns="returned_at",
            session_events="event_at",
            customers="first_seen_at",
            messages="sent_at",
        ),
    ),
    "broken_encoding": DamagedRows(
        "encoding",
        _texts(
            f"caf{BROKEN_BYTE}",
            orders="coupon_code",
            order_lines="product_id",
            returns="reason",
            customers="postal_area",
            products="name",
            service_contacts="topic",
            messages="campaign",
        ),
    ),
}

ROW_FEEDS: dict[str, tuple[str, ...]] = {
    EXACT_DUPLICATES: (*_DAILY, *WEEKLY),
    LATE_EVENTS: ("session_events",),
    **{name: tuple(rows.damages) for name, rows in DAMAGED_ROWS.items()},
    HEADER_ONLY: ("orders",),
    LINES_ALONE: ("order_lines",),
    PLACEHOLDER_IDS: ("orders", "session_events"),
    FLOAT_IDS: ("orders", "session_events", "service_contacts"),
}

TWICE = "files_delivered_twice"
EMPTY = "empty_deliveries"
MISSING = "missing_deliveries"
# The rows of these lie in the next delivery's file, before its own.
JOINED = (EMPTY, MISSING)
BREAKAGES: dict[str, Breakage] = {
    "truncated_files": "truncated",
    "changed_headers": "header",
    "zero_byte_files": "zero_bytes",
}
# A customer's row does not tell when it was changed: one that comes later would beat a newer one. Half a text
# file that is not compressed is a shorter file; a file of JSON lines has no header.
_LATER = ("orders", "order_lines", "returns", "session_events", "ad_spend")
DELIVERY_FEEDS: dict[str, tuple[str, ...]] = {
    TWICE: _LATER,
    "truncated_files": ("orders", "order_lines", "session_events"),
    "changed_headers": _LATER,
    "zero_byte_files": _LATER,
    EMPTY: ("orders", "order_lines", "session_events", "customers"),
    MISSING: WRITTEN_DAILY,
}
