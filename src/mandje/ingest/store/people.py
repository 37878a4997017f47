"""People whom settings name: by the id that the tables hold, or by their e-mail address."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from mandje.ingest.store.secret_key import secret_key
from mandje.ingest.values.addresses import hash_addresses, holds_address
from mandje.shop.settings import Shop


def with_known_people(shop: Shop) -> Shop:
    """The shop with the ids that tables hold in `[internal] customers`: those of an address are its hash.

    Before it stands whatever `id_prefix` some source gives its customers.

    Raises:
        MandjeError: an address is named and the secret key is not there.
    """
    internal = shop.settings.internal
    named = pl.Series(internal.customers, dtype=pl.String).str.strip_chars()
    held = holds_address(named)
    if not held.any():
        return shop
    hashes = hash_addresses(named, held, secret_key(shop, create=False)).filter(held)
    ids = named.filter(~held).to_list() + [before + one for before in _prefixes(shop) for one in hashes]
    changed = {"internal": internal.model_copy(update={"customers": tuple(ids)})}
    return replace(shop, settings=shop.settings.model_copy(update=changed))


def _prefixes(shop: Shop) -> list[str]:
    given = (source.id_prefix for source in shop.settings.sources.values())
    texts = {text for one in given if one for text in (one.values() if isinstance(one, dict) else [one])}
    return ["", *sorted(texts)]
