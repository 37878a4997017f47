"""Up to which day deliveries are due, as `status` tells it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from mandje.shop.settings import Shop


def told_until(shop: Shop, newest_delivery: date) -> date:
    """The day up to which deliveries are due: yesterday where nights run by themselves."""
    yesterday = datetime.now(ZoneInfo(shop.settings.time_zone)).date() - timedelta(days=1)
    return max(newest_delivery, yesterday) if shop.settings.schedule.is_on else newest_delivery
