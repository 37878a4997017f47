"""What decides on rows besides a delivery's bytes: when it changes, deliveries are read again."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version

from mandje.adapters.base import Adapter
from mandje.contracts.feeds import FEEDS
from mandje.ingest.store.secret_key import known_fingerprint
from mandje.shop.known_adapters import OPTIONS
from mandje.shop.settings import Shop


def rules_fingerprint(shop: Shop, source: str, adapter: Adapter) -> str:
    """12 hex digits over contracts, adapter, options, mapping, sites, clocks, key and Mandje's version."""
    settings = shop.settings
    own, mapping = settings.sources[source], settings.mapping_of(source)
    parts = (
        version("mandje"),
        known_fingerprint(shop),
        own.adapter,
        *((repr(mapping),) if mapping is not None else ()),
        json.dumps(own.model_dump(mode="json", include=set(OPTIONS)), sort_keys=True),
        settings.time_zone,
        settings.reporting_currency,
        settings.most_unpacked_bytes,
        sorted((name, site.time_zone, site.currency) for name, site in settings.sites.items()),
        [adapter.tables[name] for name in sorted(adapter.tables)],
        [FEEDS[feed] for feed in adapter.feeds],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
