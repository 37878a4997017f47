"""Money in whole cents of a site's own currency."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl

from mandje.contracts.types import DECIMAL
from mandje.simulate.world.chance import Integers
from mandje.simulate.world.sites import SITES

_LEVELS = np.array([round(site.price_level * 100) for site in SITES], dtype=np.int64)
_TAXES = np.array([site.tax_percent for site in SITES], dtype=np.int64)
_CENT = pl.lit(Decimal("0.01"))


def at_site(cents: Integers | int, site: Integers) -> Integers:
    """Cents of the first site's money at the price level of each site, half up."""
    return np.asarray((cents * _LEVELS[site] + 50) // 100)


def tax_of(cents: Integers, site: Integers) -> Integers:
    """Tax on amounts without it, half up."""
    return np.asarray((cents * _TAXES[site] + 50) // 100)


def money(cents: pl.Expr) -> pl.Expr:
    """Cents as a contract's DECIMAL(18,4)."""
    return (cents.cast(DECIMAL) * _CENT).cast(DECIMAL)


def site_name(site: pl.Expr) -> pl.Expr:
    """Site codes as names."""
    return _named(site, [own.name for own in SITES])


def currency(site: pl.Expr) -> pl.Expr:
    """Site codes as currency codes."""
    return _named(site, [own.currency for own in SITES])


def _named(site: pl.Expr, names: list[str]) -> pl.Expr:
    return site.replace_strict(list(range(len(names))), names, return_dtype=pl.String)
