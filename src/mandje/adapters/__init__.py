"""Adapters: each maps what one kind of source exports to the canonical feeds.

Other packages may bring adapters: an entry point of the group `mandje.adapters`, called like the adapter.
It loads a callable `(source_name, settings) -> Adapter`; its attribute `kinds`, where it has one, names the
kinds of files (`base.Kind`) by which its exports are recognised.
"""

from __future__ import annotations

from collections.abc import Callable

from mandje.adapters import (
    ads,
    bol,
    ecb,
    ga4,
    klaviyo,
    magento,
    mapping,
    online_retail_codes,
    shopify,
    skipped_rows,
    thelook,
    woocommerce,
)
from mandje.adapters.base import Adapter, Kind
from mandje.adapters.canonical import canonical_adapter
from mandje.adapters.feed_frames import no_changes
from mandje.adapters.id_rules import with_ids
from mandje.adapters.online_retail import online_retail_adapter
from mandje.errors import MandjeError
from mandje.shop.known_adapters import installed_adapters, mapping_name
from mandje.shop.settings import ShopSettings

Maker = Callable[[str, ShopSettings], Adapter]

# What every `skipped:<reason>` destination means, in plain words.
SKIPPED_REASONS: dict[str, str] = (
    skipped_rows.SKIPPED_REASONS
    | online_retail_codes.SKIPPED_REASONS
    | thelook.SKIPPED_REASONS
    | woocommerce.SKIPPED_REASONS
    | shopify.SKIPPED_REASONS
    | ads.SKIPPED_REASONS
    | ecb.SKIPPED_REASONS
    | bol.SKIPPED_REASONS
    | klaviyo.SKIPPED_REASONS
    | ga4.SKIPPED_REASONS
    | magento.SKIPPED_REASONS
)

_MAKERS: dict[str, Maker] = {
    "canonical": canonical_adapter,
    "online_retail": online_retail_adapter,
    "thelook": thelook.thelook_adapter,
    "woocommerce": woocommerce.woocommerce_adapter,
    "shopify": shopify.shopify_adapter,
    "google_ads": ads.google_ads_adapter,
    "meta_ads": ads.meta_ads_adapter,
    "microsoft_ads": ads.microsoft_ads_adapter,
    "ecb": ecb.ecb_adapter,
    "bol": bol.bol_adapter,
    "klaviyo": klaviyo.klaviyo_adapter,
    "ga4": ga4.ga4_adapter,
    "magento": magento.magento_adapter,
}
# Kinds of files of the adapters that know theirs by content.
_KINDS: dict[str, tuple[Kind, ...]] = {
    "woocommerce": woocommerce.KINDS,
    "shopify": shopify.KINDS,
    **ads.KINDS,
    "ecb": ecb.KINDS,
    "bol": bol.KINDS,
    "klaviyo": klaviyo.KINDS,
    "ga4": ga4.KINDS,
    "magento": magento.KINDS,
}


def adapter_for(source_name: str, settings: ShopSettings) -> Adapter:
    """The adapter that shop.toml names for a source.

    Raises:
        MandjeError: the adapter does not know a source of this name, cannot tell the shop's site, cannot tell
            the site of rows whose ids it should prefix, numbers lines by what a delivery holds, so that it
            cannot tell changes alone, or is of another package and cannot be loaded.
    """
    source = settings.sources[source_name]
    if source.documents == "changes" and source.adapter != "canonical":
        raise no_changes(source_name, f"a source of adapter {source.adapter}")
    return with_ids(_maker(source.adapter)(source_name, settings), source_name, settings)


def kinds_by_adapter() -> dict[str, tuple[Kind, ...]]:
    """Kinds of files by adapter, of those that know their files by content and can be loaded."""
    brought = {}
    for name in installed_adapters():
        try:
            brought[name] = tuple(getattr(_maker(name), "kinds", ()))
        except MandjeError:
            continue
    return _KINDS | mapping.shipped_kinds() | {name: kinds for name, kinds in brought.items() if kinds}


def _maker(adapter: str) -> Maker:
    if mapping_name(adapter) is not None:
        return mapping.mapping_adapter
    if adapter in _MAKERS:
        return _MAKERS[adapter]
    installed = installed_adapters()
    try:
        maker: Maker = installed[adapter].load()
    except Exception as fault:  # whatever another package does wrong, it is said in a line
        raise MandjeError(
            f"adapter {adapter} cannot be loaded",
            found=f"{type(fault).__name__}: {fault}",
            expected=f"an installed package with {adapter} among its adapters",
            next_step="install that package again, or mend it",
        ) from fault
    return maker
