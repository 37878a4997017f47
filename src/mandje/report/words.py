"""The report's words in every language, from one table: `words/<subject>.toml`, a key with en and nl."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "nl")


@cache
def all_words() -> dict[str, dict[str, str]]:
    """Every key with its text by language, of all files of `words/`; a key stands in one of them."""
    table: dict[str, dict[str, str]] = {}
    for file in sorted(files("mandje.report").joinpath("words").iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            table |= tomllib.loads(file.read_text(encoding="utf-8"))
    return table


def word(key: str, language: str) -> str:
    """The text of a key, with its `{placeholders}`."""
    return all_words()[key][language]
