"""E-mail addresses become keyed hashes before anything is written."""

from __future__ import annotations

import hmac

import polars as pl

# What an address looks like, and what an address that was hashed before looks like.
ADDRESS_PATTERN = r"^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$"
HASH_PATTERN = r"^[0-9a-fA-F]{64}$"


def hash_value(text: str, key: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) of the trimmed, lower-cased text, as 64 hex digits."""
    return hmac.digest(key, text.strip().lower().encode(), "sha256").hex()


def hash_emails(values: pl.Series, key: bytes) -> pl.Series:
    """The same for a column of text; each distinct value is hashed once, null stays null."""
    distinct = values.drop_nulls().unique()
    hashes = pl.Series([hash_value(text, key) for text in distinct.to_list()], dtype=pl.String)
    return values.replace_strict(distinct, hashes, default=None, return_dtype=pl.String)


def read_emails(values: pl.Series, key: bytes) -> pl.Series:
    """Addresses hashed, hashes kept in lower case, all else null."""
    address = values.str.contains(ADDRESS_PATTERN)
    hashes = hash_emails(values.filter(address), key)
    kept = values.set(~values.str.contains(HASH_PATTERN).fill_null(value=False), None).str.to_lowercase()
    places = address.fill_null(value=False).arg_true()
    return kept.scatter(places, hashes)
