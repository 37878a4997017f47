"""Adapters: each maps what one kind of source exports to the canonical feeds."""

from __future__ import annotations

from collections.abc import Callable

from mandje.adapters import apart, online_retail_codes, thelook
from mandje.adapters.base import Adapter
from mandje.adapters.canonical import canonical_adapter
from mandje.adapters.online_retail import online_retail_adapter
from mandje.adapters.shape import no_changes
from mandje.adapters.with_ids import with_ids
from mandje.shop.settings import ShopSettings

# What every `skipped:<reason>` destination means, in plain words.
SKIPPED_REASONS: dict[str, str] = (
    apart.SKIPPED_REASONS | online_retail_codes.SKIPPED_REASONS | thelook.SKIPPED_REASONS
)

_MAKERS: dict[str, Callable[[str, ShopSettings], Adapter]] = {
    "canonical": canonical_adapter,
    "online_retail": online_retail_adapter,
    "thelook": thelook.thelook_adapter,
}


def adapter_for(source_name: str, settings: ShopSettings) -> Adapter:
    """The adapter that shop.toml names for a source.

    Raises:
        MandjeError: the adapter does not know a source of this name, cannot tell the shop's site, cannot tell
            the site of rows whose ids it should prefix, or numbers lines by what a delivery holds, so that it
            cannot tell changes alone.
    """
    source = settings.sources[source_name]
    if source.documents == "changes" and source.adapter != "canonical":
        raise no_changes(source_name, f"a source of adapter {source.adapter}")
    return with_ids(_MAKERS[source.adapter](source_name, settings), source_name, settings)
