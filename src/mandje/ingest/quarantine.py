"""Refused deliveries: `quarantine/<source>/<delivery date>/<sha256-12>/` keeps bytes and reason.

The bytes lie in `files/` as they were delivered, readable by Mandje's user alone: for privacy they count as
exports. `refusal.json` tells why; `rejected.parquet` lists the rows where there were too many rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from mandje.ingest.atomic import read_json
from mandje.ingest.partitions import Current, current_of
from mandje.ingest.refusals import Refusal
from mandje.ingest.staging import REFUSAL
from mandje.settings import Shop


def refused_deliveries(shop: Shop) -> list[Refusal]:
    """Deliveries that are refused and not mended, by source and day."""
    return refused_in(shop, {source: current_of(shop, source) for source in sorted(shop.settings.sources)})


def refused_in(shop: Shop, states: Mapping[str, Mapping[date, Current]]) -> list[Refusal]:
    """The same, from states that were read already."""
    folders = [
        shop.quarantine / source / day.isoformat() / current.sha256[:12]
        for source, days in states.items()
        for day, current in days.items()
        if current.status == "refused"
    ]
    contents = (read_json(folder / REFUSAL) for folder in folders)
    return [Refusal(**content) for content in contents if content is not None]
