"""What settings must know of the adapters that ship with Mandje: Airflow reads a DAG without loading them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points


@dataclass(frozen=True, slots=True)
class KnownAdapter:
    """An adapter as settings see it.

    `options` are those of OPTIONS that it reads, `needs` those that it cannot do without, as a new shop
    begins with them. `holds_orders`: a night without its sources would publish wrong sales; with `of_feeds`,
    only without those that hold one of these feeds. `has_refunds_in_orders`: refunds are parts of the order's
    document, so that one that a newer version lacks is gone. `has_summed_totals`: its sources name no total,
    so that it is the sum of the lines that come with the header.
    """

    options: frozenset[str] = frozenset()
    needs: Mapping[str, float] = field(default_factory=dict)
    holds_orders: bool = True
    of_feeds: frozenset[str] | None = None
    has_refunds_in_orders: bool = False
    has_summed_totals: bool = False


# Options that only some adapters read.
OPTIONS = ("sites", "statuses", "tax_ratio", "utm_source", "utm_medium", "engagement")
ORDER_FEEDS = frozenset({"orders", "order_lines"})
# Before the name of a mapping file, in the place of an adapter.
MAPPING = "mapping:"
_MAPPING_NAME = re.compile(r"[a-z][a-z0-9_-]*")
# Packages may bring adapters of their own: entry points of this group, by the name that shop.toml gives.
ADAPTER_GROUP = "mandje.adapters"

_SITES = frozenset({"sites"})
_SHOP = frozenset({"sites", "statuses"})
_AD_COST = KnownAdapter(_SITES | {"utm_source", "utm_medium"}, holds_orders=False)
BUILT_IN: dict[str, KnownAdapter] = {
    "canonical": KnownAdapter(of_feeds=ORDER_FEEDS),
    "online_retail": KnownAdapter(has_refunds_in_orders=True, has_summed_totals=True),
    "thelook": KnownAdapter(
        of_feeds=frozenset({"orders"}), has_refunds_in_orders=True, has_summed_totals=True
    ),
    "woocommerce": KnownAdapter(_SHOP, has_refunds_in_orders=True),
    "shopify": KnownAdapter(_SHOP, has_refunds_in_orders=True, has_summed_totals=True),
    "magento": KnownAdapter(_SHOP),
    "bol": KnownAdapter(_SITES | {"tax_ratio"}, {"tax_ratio": 0.21}, has_summed_totals=True),
    "ga4": KnownAdapter(_SITES | {"tax_ratio", "engagement"}, holds_orders=False),
    "klaviyo": KnownAdapter(holds_orders=False),
    "google_ads": _AD_COST,
    "meta_ads": _AD_COST,
    "microsoft_ads": _AD_COST,
    "ecb": KnownAdapter(holds_orders=False),
}
# Of one of another package nothing is known: it may read any option.
_STRANGER = KnownAdapter(frozenset(OPTIONS))
_MAPPED = KnownAdapter(_SITES)


def mapping_name(adapter: object) -> str | None:
    """The mapping file that an adapter is of; None: it is of none."""
    name = adapter.removeprefix(MAPPING) if isinstance(adapter, str) and adapter.startswith(MAPPING) else ""
    return name if _MAPPING_NAME.fullmatch(name) else None


def known_adapter(name: str) -> KnownAdapter:
    """What is known of an adapter of any name."""
    return _MAPPED if mapping_name(name) is not None else BUILT_IN.get(name, _STRANGER)


@cache
def installed_adapters() -> dict[str, EntryPoint]:
    """Adapters that other installed packages bring; nothing of them is loaded."""
    return {one.name: one for one in entry_points(group=ADAPTER_GROUP) if one.name not in BUILT_IN}


def checked_adapter(name: str) -> str:
    """The name, where there is such an adapter or it is that of a mapping file.

    Raises:
        ValueError: there is none.
    """
    if mapping_name(name) is not None:
        return name
    if name not in BUILT_IN and name not in (installed := installed_adapters()):
        known = ", ".join([*BUILT_IN, *sorted(installed)])
        raise ValueError(f"no adapter has this name, there are {known}, and {MAPPING}<name> of mappings/")
    return name
