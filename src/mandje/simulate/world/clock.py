"""Time in a simulated shop: sites' civil clocks, UTC, and the days on which deliveries are dropped.

Civil time is microseconds since midnight of the first day on a site's own clock, every day 24 hours long: the
clock that purchases and visits are drawn on. Moments are microseconds since 1970 in UTC. Days are numbers,
0 = first day. Deliveries follow the shop's clock, as its systems do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from mandje.simulate.world.chance import Integers

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of a shop.

    Attributes:
        first_day: day 0.
        days: how many days are delivered.
        site_zones: time zone names by site code (position).
        shop_zone: the time zone that deliveries follow.
    """

    first_day: date
    days: int
    site_zones: tuple[str, ...]
    shop_zone: str

    @property
    def end(self) -> int:
        """The moment when the last delivered day is over."""
        midnight = datetime.combine(self.date_of(self.days), datetime.min.time(), ZoneInfo(self.shop_zone))
        return int(midnight.astimezone(UTC).timestamp()) * SECOND

    def date_of(self, day: int) -> date:
        """The date of a day's number."""
        return self.first_day + timedelta(days=day)

    def to_utc(self, site: Integers, civil: Integers) -> Integers:
        """Moments of civil times, each at its site.

        Of an hour that happens twice the first is taken; a time that a change to summer time skips is an hour
        later on the clock.
        """
        naive = civil + (self.first_day - _EPOCH).days * DAY
        moments = np.empty_like(naive)
        for code, zone in enumerate(self.site_zones):
            here = site == code
            moments[here] = _in_utc(naive[here], zone)
        return moments

    def to_civil(self, site: Integers, moment: Integers) -> Integers:
        """Civil times of moments, each at its site; an hour that happens twice is there twice."""
        civil = np.empty_like(moment)
        for code, zone in enumerate(self.site_zones):
            here = site == code
            civil[here] = self._civil(moment[here], zone)
        return civil

    def local_day(self, site: Integers, moment: Integers) -> Integers:
        """Day on the site's clock."""
        return np.asarray(self.to_civil(site, moment) // DAY)

    def delivery_day(self, moment: Integers) -> Integers:
        """Day on the shop's clock: the delivery that knows of the moment at the earliest."""
        return np.asarray(self._civil(moment, self.shop_zone) // DAY)

    def _civil(self, moment: Integers, zone: str) -> Integers:
        local = pl.Series(moment, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone(zone)
        naive = local.dt.replace_time_zone(None).cast(pl.Int64).to_numpy()
        return np.asarray(naive - (self.first_day - _EPOCH).days * DAY)


def _in_utc(naive: Integers, zone: str) -> Integers:
    local = pl.Series(naive, dtype=pl.Datetime("us"))
    exact = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    skipped = (local + timedelta(hours=1)).dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    )
    moments = pl.select(pl.coalesce(exact, skipped)).to_series().dt.convert_time_zone("UTC")
    return np.asarray(moments.cast(pl.Int64).to_numpy())
