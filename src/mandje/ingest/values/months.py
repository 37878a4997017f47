"""Days with the name of their month: `27 February 2026`, `Mar 1, 2026`, `1. März 2026`, `3 févr. 2026`."""

from __future__ import annotations

import polars as pl

_WORD = r"\p{L}{3,9}"
WORD_DAY = rf"^\s*(?:[0-9]{{1,2}}\.? {_WORD}\.?|{_WORD}\.? [0-9]{{1,2}},?) [0-9]{{4}}\s*$"

# English, Dutch, German and French, in full and cut short.
_NAMES = (
    "january jan januari januar janvier janv",
    "february feb februari februar février févr fév",
    "march mar maart mrt märz mär mars",
    "april apr avril avr",
    "may mei mai",
    "june jun juni juin",
    "july jul juli juillet juil",
    "august aug augustus août aoû",
    "september sep sept septembre",
    "october oct oktober okt octobre",
    "november nov novembre",
    "december dec dezember dez décembre déc",
)
_MONTHS = {name: f"{month:02}" for month, names in enumerate(_NAMES, start=1) for name in names.split()}


def plain_word_day(text: pl.Expr) -> pl.Expr:
    """The day by ISO 8601; where no month is called so, the text as it is."""
    word = text.str.extract(rf"({_WORD})").str.to_lowercase()
    month = word.replace_strict(_MONTHS, default=None, return_dtype=pl.String)
    day, year = text.str.extract(r"(?:^|\s)([0-9]{1,2})[.,]? "), text.str.extract(r"([0-9]{4})$")
    return pl.coalesce(pl.concat_str(year, pl.lit("-"), month, pl.lit("-"), day.str.zfill(2)), text)
