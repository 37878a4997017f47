"""Random deliveries of session events: late, repeated, split, merged, replaced, withdrawn between nights.

Many small worlds, each of a few visitors in two months of its own, share the same nights: what happens in one
touches no day of another, so that a day that should have been rebuilt is not hidden by a neighbour.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop
from raw_shop import WrittenPartition, raw_frame

FIRST_DAY = date(1995, 1, 2)
WORLD_DAYS = 60
LATEST_DAYS = 40
GAP = timedelta(minutes=30)
MICROSECOND = timedelta(microseconds=1)
STEPS = [
    *[timedelta(0), MICROSECOND, timedelta(minutes=1), timedelta(minutes=11), GAP - MICROSECOND],
    *[GAP, GAP, GAP + MICROSECOND, timedelta(hours=1), timedelta(hours=23), timedelta(days=2)],
]
TYPES = ("page_view", "page_view", "product_view", "add_to_cart", "purchase", "engagement", "engagement")

Event = dict[str, Any]
Key = tuple[str, date]


@dataclass
class World:
    """What one small world delivers at the moment, by source and delivery date."""

    number: int
    chance: random.Random
    deliveries: dict[Key, list[Event]] = field(default_factory=dict)
    rules: dict[Key, int] = field(default_factory=dict)
    made: int = 0

    @property
    def first_day(self) -> date:
        return FIRST_DAY + timedelta(days=WORLD_DAYS * self.number)

    def change(self) -> None:
        """One thing that may happen to a delivery between two nights."""
        happenings = [
            self._deliver,
            self._deliver,
            self._replace,
            self._move_some,
            self._withdraw,
            self._reread,
        ]
        self.chance.choice(happenings if len(self.deliveries) > 1 else [self._deliver])()

    def _deliver(self) -> None:
        """A delivery of new events and of some that were delivered before, on time or weeks late."""
        new = self._visit()
        again = [self._again(event) for event in self._some(self.events(), share=0.1)]
        self.deliveries[self._free_key()] = new + again

    def _replace(self) -> None:
        """The same delivery with other bytes: some events are gone, some differ, some are new."""
        key = self._some_key()
        kept = [self._again(event) for event in self._some(self.deliveries[key], share=0.7)]
        self.deliveries[key] = kept + (self._visit() if self.chance.random() < 0.5 else [])

    def _move_some(self) -> None:
        """Part of a delivery under another name: split, or merged with one that was there."""
        key = self._some_key()
        moved = self._some(self.deliveries[key])
        target = self.chance.choice([self._free_key(), self._some_key()])
        self.deliveries[key] = [event for event in self.deliveries[key] if event not in moved]
        self.deliveries.setdefault(target, []).extend(moved)

    def _withdraw(self) -> None:
        del self.deliveries[self._some_key()]

    def _reread(self) -> None:
        """The same bytes under other rules: other rows."""
        key = self._some_key()
        self.rules[key] = self.rules.get(key, 0) + 1

    def _visit(self) -> list[Event]:
        """Events of one visitor, near one another, and mostly near midnight or what was there before."""
        before = self.chance.choice([*self.events(), self._first()])
        at, events = before["event_at"], []
        for _ in range(self.chance.randrange(1, 4)):
            at += self.chance.choice([1, 1, -1]) * self.chance.choice(STEPS)
            self.made += 1
            name = f"{self.chance.randrange(16**4):04x}-{self.number}-{self.made}"
            events.append(self._event(name, at, before["visitor_id"], before["site"]))
        return events

    def _first(self) -> Event:
        """Where and when a visit may begin that is near no other: around midnight on one of the clocks."""
        hours, minutes = self.chance.choice([22, 23, 24]), self.chance.randrange(-40, 20)
        at = datetime.combine(self.first_day, time(), UTC) + timedelta(self.chance.randrange(1, 8))
        visitor, site = f"{self.number}-{self.chance.randrange(2)}", self.chance.choice(["nl", "nl", "uk"])
        at += timedelta(hours=hours, minutes=minutes)
        return {"event_at": at, "visitor_id": visitor, "site": site}

    def _event(self, event_id: str, at: datetime, visitor: str, site: str) -> Event:
        return {
            "event_id": event_id,
            "event_at": at,
            "visitor_id": visitor,
            "site": site,
            "event_type": self.chance.choice(TYPES),
            "page_path": self.chance.choice(["/", "/p/1"]),
            "customer_id": self.chance.choice([None, None, f"c{self.number}"]),
        }

    def _again(self, event: Event) -> Event:
        """The event as it was, or corrected: moved in time, to another visitor, site or page."""
        corrections: list[Event] = [
            {},
            {"event_at": event["event_at"] + self.chance.choice([1, -1]) * self.chance.choice(STEPS)},
            {"visitor_id": f"{self.number}-{self.chance.randrange(2)}"},
            {"site": self.chance.choice(["nl", "uk"])},
            {"event_at": event["event_at"] - timedelta(days=500)},
            {"page_path": "/corrected"},
        ]
        return event | self.chance.choice(corrections)

    def events(self) -> list[Event]:
        return [event for rows in self.deliveries.values() for event in rows]

    def _some(self, events: list[Event], share: float = 0.4) -> list[Event]:
        return [event for event in events if self.chance.random() < share]

    def _some_key(self) -> Key:
        return self.chance.choice(sorted(self.deliveries))

    def _free_key(self) -> Key:
        days = range(1, 8 + LATEST_DAYS)
        keys = [(source, self.first_day + timedelta(days=n)) for source in ("app", "shop") for n in days]
        return self.chance.choice([key for key in keys if key not in self.deliveries])


def write_partitions(shop: Shop, worlds: list[World]) -> list[WrittenPartition]:
    """Raw partitions of what all worlds deliver now, in any order."""
    written = [
        _write(shop, key, rows, world.rules.get(key, 0))
        for world in worlds
        for key, rows in sorted(world.deliveries.items())
    ]
    worlds[0].chance.shuffle(written)
    return written


def _write(shop: Shop, key: Key, rows: list[Event], rules: int) -> WrittenPartition:
    source, day = key
    sha = hashlib.sha256(repr(rows).encode()).hexdigest()[:12]
    folder: Path = shop.raw / source / day.isoformat() / sha
    path = folder / "session_events.parquet"
    origin = {"delivery_source": source, "delivery_date": day, "delivery_sha256": sha}
    reread = {"native_session_id": f"rules {rules}"} if rules else {}
    if rows and (rules or not path.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        raw_frame(FEEDS["session_events"], [origin | row | reread for row in rows]).write_parquet(path)
    return WrittenPartition(folder, {"session_events": len(rows)} if rows else {}, rules=str(rules))
