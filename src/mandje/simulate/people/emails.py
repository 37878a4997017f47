"""Addresses, and the ways in which a shop's systems write them."""

from __future__ import annotations

import polars as pl

_NAMES = (
    "anna bram carla daan elif femke guus hanna iris joost karin lars mila noor otto pim roos sven tess wout"
    " alice ben chloe dylan emma finn grace harry isla jack kate liam megan noah olivia poppy rhys sophie tom"
)
_HOSTS = ("example.com", "example.net", "example.org", "mail.example.com", "post.example.net")

# Ways to write one address; 0 is the address itself.
STYLES = 4


def email(person: pl.Expr, style: pl.Expr) -> pl.Expr:
    """The address of a person (text), never that of another, written in a style.

    Styles: 0 as it is, 1 with a capital, 2 in capitals, 3 between blanks. All are one address once trimmed
    and in lower case.
    """
    names = _NAMES.split()
    name = (person % len(names)).replace_strict(dict(enumerate(names)), return_dtype=pl.String)
    host = (person // 7 % len(_HOSTS)).replace_strict(dict(enumerate(_HOSTS)), return_dtype=pl.String)
    address = pl.format("{}.{}@{}", name, person, host)
    return (
        pl.when(style == 1)
        .then(address.str.slice(0, 1).str.to_uppercase() + address.str.slice(1))
        .when(style == 2)  # noqa: PLR2004  # styles as in the docstring
        .then(address.str.to_uppercase())
        .when(style == 3)  # noqa: PLR2004
        .then(pl.format(" {} ", address))
        .otherwise(address)
    )
