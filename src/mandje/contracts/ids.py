"""How the ids of a source are read, and what goes before them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mandje.contracts.placeholders import PLACEHOLDERS

# Ids that two systems of a shop may both give out; visitors, products, events and hashes are one shop's.
PREFIXED = frozenset(
    {
        "order_id",
        "return_id",
        "adjustment_id",
        "payment_id",
        "fulfilment_id",
        "customer_id",
        "cart_id",
        "contact_id",
        "message_id",
    }
)
# Whole numbers below it are themselves as a binary float of 64 bits; above it two ids may be one float.
EXACT_FLOATS = 2**53
# What stands behind one of fewer bits that is not exact.
SHORT_FLOAT = " (float of few bits)"


@dataclass(frozen=True, slots=True)
class IdRules:
    """How the ids of a source are read: words that stand for no id, and what goes before PREFIXED ids.

    `site_prefixes` holds pairs of site and prefix, for rows that name their site; it goes before `prefix`.
    """

    placeholders: tuple[str, ...] = PLACEHOLDERS
    prefix: str = ""
    site_prefixes: tuple[tuple[str, str], ...] = ()

    @property
    def has_prefix(self) -> bool:
        """Whether any id gets one."""
        return bool(self.prefix or self.site_prefixes)

    def prefixed(self, value: pl.Expr, site: pl.Expr) -> pl.Expr:
        """Ids with what goes before them; null stays null."""
        if not self.site_prefixes:
            return pl.lit(self.prefix) + value
        known = dict(self.site_prefixes)
        return site.replace_strict(known, default=self.prefix, return_dtype=pl.String) + value


PLAIN_IDS = IdRules()
