"""Small shops whose nights are due by the real clock, and stay so while a test runs."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mandje.publish.published_folder import current_snapshot, read_manifest
from mandje.shop.settings import load_shop
from tiny_shop import SHOP_TOML, Exports, line, order, small_shop

NOTIFY = """
[notify]
mail_to = ["team@example.org"]
webhook = "shops_webhook"
"""
REFUSED = "a header\nthat nobody knows\n"


def _noon() -> ZoneInfo:
    """A time zone in which it is about noon: no midnight comes while a test runs."""
    ahead = 12 - datetime.now(UTC).hour
    return ZoneInfo(f"Etc/GMT{-ahead:+d}")


@dataclass(frozen=True)
class ScheduledShops:
    """A folder of shops. Their hour was not an hour ago: three nights are due since `first_due`.

    So a delivery may come for three hours yet, and for some minutes where its deadline is an hour.
    """

    folder: Path
    time_zone: ZoneInfo = field(default_factory=_noon)

    @property
    def today(self) -> date:
        return datetime.now(self.time_zone).date()

    @property
    def first_due(self) -> datetime:
        return datetime.combine(self.day(3), time(), self.time_zone)

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def make(self, name: str, seed: int) -> None:
        """A shop with orders of the last six days."""
        hour = datetime.now(self.time_zone) - timedelta(minutes=57)
        settings = SHOP_TOML.replace('"tiny"', f'"{name}"').replace("Europe/Amsterdam", self.time_zone.key)
        for source in ("orders", "order_lines"):
            settings = settings.replace(f"[sources.{source}]", f'[sources.{source}]\nexpected = "daily"')
        settings += f'[schedule]\ncron = "{hour.minute} {hour.hour} * * *"\n{NOTIFY}'
        small_shop(self.folder / name, settings).deliver_all(self._exports(seed))

    def _exports(self, seed: int) -> Exports:
        chance, exports = random.Random(seed), Exports()
        for ago in range(1, 7):
            for number in range(3):
                at = datetime.combine(self.day(ago), time(10 + number), self.time_zone)
                order_id, customer = f"o{ago}-{number}", f"c{chance.randrange(4)}"
                sold = line(order_id, 1, f"p{chance.randrange(3)}", chance.randrange(1, 4), "9.95")
                exports.add("orders", at.date(), order(order_id, at, [sold], customer_id=customer))
                exports.add("order_lines", at.date(), sold)
        return exports


def delivery(folder: Path, source: str, day: date) -> Path:
    """The one file of a shop's delivery."""
    return folder / "exports" / source / day.isoformat() / f"{source}.csv"


def published(folder: Path) -> tuple[str, str]:
    """As-of date and content hash of what a shop's readers see."""
    snapshot = current_snapshot(load_shop(folder))
    assert snapshot is not None, f"nothing is published: {folder}"
    manifest = read_manifest(snapshot)
    return str(manifest["as_of_date"]), str(manifest["content_hash"])
