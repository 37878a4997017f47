"""Addresses of pages, taken apart: host, path and the kind of a click id; what follows `?` or `#` is left."""

from __future__ import annotations

import polars as pl

from mandje.adapters.ga4.words import NO_PAGE, told

# Click ids in the address of a page, Google's first: their kind is told, never the id.
GOOGLE_ADS = ("gclid", "dclid", "wbraid", "gbraid")
CLICK_IDS = (*GOOGLE_ADS, "msclkid", "fbclid", "ttclid", "twclid", "li_fat_id", "epik", "srsltid")
_COLLECTED = ("gclid", "dclid", "srsltid")
# Of an address with a user in it nothing is taken.
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#:@()]+)(?::[0-9]*)?(?:[/?#]|$)"
# Of an address, or of one that begins with its path.
_PATH = r"^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?(/[^?#]*)"
_BEGINS_WITH_A_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://"
_CLICK = rf"[?&]({'|'.join(CLICK_IDS)})=[^&#]"


def host_of(address: str) -> pl.Expr:
    """The host in a column of addresses, in small letters; null where there is none."""
    return told(address).str.extract(_HOST).str.to_lowercase()


def host() -> pl.Expr:
    """The host that served the page."""
    return pl.coalesce(host_of("page_location"), told("hostname").str.to_lowercase())


def page_path() -> pl.Expr:
    """The path of the page as it is written: `/` where an address has none, NO_PAGE where no page is told."""
    address = told("page_location")
    without_path = pl.when(address.str.contains(_BEGINS_WITH_A_HOST)).then(pl.lit("/"))
    return pl.coalesce(address.str.extract(_PATH), without_path, pl.lit(NO_PAGE))


def click_id_type() -> pl.Expr:
    """The kind of the first click id that there is."""
    collected = [pl.when(told(name).is_not_null()).then(pl.lit(name)) for name in _COLLECTED[:2]]
    in_address = pl.col("page_location").str.extract(_CLICK)
    last = pl.when(told(_COLLECTED[-1]).is_not_null()).then(pl.lit(_COLLECTED[-1]))
    return pl.coalesce(*collected, in_address, last)
