"""E-mail addresses that stand where none belongs: hashed in ids, taken out of other texts."""

from __future__ import annotations

import polars as pl

from mandje.ingest.values.email_hash import hash_emails
from mandje.ingest.values.merge import merge

# As it is, and as a URL carries it, once or more often.
AT = r"@|%(?:25)*40"
_HOST = r"[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?"
_ADDRESS = rf"[\p{{L}}\p{{N}}._%+'-]+(?:{AT}){_HOST}(?:\.{_HOST})+"
IN_ITS_PLACE = "(address)"


def holds_address(text: pl.Series) -> pl.Series:
    """Whether there is an address anywhere in a text; false where there is no text."""
    return text.str.contains(_ADDRESS).fill_null(value=False)


def without_addresses(text: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Texts with IN_ITS_PLACE for every address, and which ones held any (None: none did)."""
    if not _may_hold_at(text):
        return text, None
    suspect = text.str.contains(AT).fill_null(value=False)
    if not suspect.any() or not (found := holds_address(text.filter(suspect))).any():
        return text, None
    held = merge(suspect, suspect, found)
    return merge(text, held, text.filter(held).str.replace_all(_ADDRESS, IN_ITS_PLACE)), held


def _may_hold_at(text: pl.Series) -> bool:
    """One look at all letters of a column: most columns need no look at each of its values."""
    letters = text.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2]
    data = b"" if letters is None else letters.to_pybytes()
    return b"@" in data or b"%" in data


def hash_addresses(ids: pl.Series, held: pl.Series, key: bytes) -> pl.Series:
    """Ids whole, as `email_hash` is made of an address, where `held`: so ids of two feeds still meet."""
    if not held.any():
        return ids
    plain = ids.filter(held).str.replace(rf"(?:{AT})", "@")
    return merge(ids, held, hash_emails(plain, key))
