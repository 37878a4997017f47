"""E-mail addresses become keyed hashes before anything is written."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

import polars as pl

# What an address looks like, and what an address that was hashed before looks like.
ADDRESS_PATTERN = r"^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$"
HASH_PATTERN = r"^[0-9a-fA-F]{64}$"
_BLOCK_BYTES = 64


def hash_value(text: str, key: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of the trimmed, lower-cased text, as 64 hex digits."""
    return hmac.digest(key, text.strip().lower().encode(), "sha256").hex()


def _hasher(key: bytes) -> Callable[[str], str]:
    """`hash_value` of one key for very many texts: its two beginnings are computed once (RFC 2104)."""
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))

    def hash_one(text: str) -> str:
        first, second = inner.copy(), outer.copy()
        first.update(text.strip().lower().encode())
        second.update(first.digest())
        return second.hexdigest()

    return hash_one


def hash_emails(values: pl.Series, key: bytes) -> pl.Series:
    """The same for a column of text; each distinct value is hashed once, null stays null."""
    distinct = values.drop_nulls().unique()
    hash_one = _hasher(key)
    hashes = pl.Series([hash_one(text) for text in distinct.to_list()], dtype=pl.String)
    return values.replace_strict(distinct, hashes, default=None, return_dtype=pl.String)


def read_emails(values: pl.Series, key: bytes) -> pl.Series:
    """Addresses hashed, hashes kept in lower case, all else null."""
    address = values.str.contains(ADDRESS_PATTERN)
    hashes = hash_emails(values.filter(address), key)
    kept = values.set(~values.str.contains(HASH_PATTERN).fill_null(value=False), None).str.to_lowercase()
    places = address.fill_null(value=False).arg_true()
    return kept.scatter(places, hashes)
