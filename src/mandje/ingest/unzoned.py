"""A word on times that name no offset, while nobody has said on which clock their source tells them."""

from __future__ import annotations

import json
from datetime import date

from mandje.findings.finding import Finding
from mandje.ingest.partitions import partitions_until
from mandje.settings import Shop


def unzoned_times(shop: Shop, last_date: date) -> tuple[Finding, ...]:
    """A warning that names the sources whose times are read as UTC for want of anything better, with rows.

    A time zone in the source's settings, be it UTC, ends it: its deliveries are then read again.
    """
    rows: dict[str, int] = {}
    for one in partitions_until(shop, last_date):
        rows[one.source] = rows.get(one.source, 0) + one.unzoned_rows
    told = {source: count for source, count in rows.items() if count}
    if not told:
        return ()
    first = next(iter(told))
    sentence = (
        f"{sum(told.values()):,} row(s) hold times without an offset, which are read as UTC: say on which "
        f'clock they are, such as time_zone = "{shop.settings.time_zone}" (or "UTC") for source {first}.'
    )
    keys = tuple(json.dumps({"source": source, "row_count": count}) for source, count in told.items())
    return (Finding("times_without_offset", "set check", "warn", sentence, sum(told.values()), keys),)
