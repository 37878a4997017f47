"""A section of the page, and what every section is made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
from markupsafe import Markup, escape

from mandje.report.figures import Figures, ask, kind_of
from mandje.report.words import all_words, word
from mandje.report.written import Numbers, Value


@dataclass(frozen=True, slots=True)
class Section:
    """A question of the morning: a sentence that answers it, a picture, and the figures behind both.

    `name` is the anchor, and names the question in the table of words. Where a shop lacks what the section
    is about, `waits_for` names the feeds that it waits for, and all else is empty. `to_do` is what somebody
    has to look at today: it stands on top of the page, too.
    """

    name: str
    answer: Markup | None = None
    picture: Markup | None = None
    figures: tuple[Figures, ...] = ()
    waits_for: tuple[str, ...] = ()
    to_do: tuple[Markup, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What every section reads and writes with: an open snapshot, its day, and the shop's way to write."""

    con: duckdb.DuckDBPyConnection
    shop: str
    as_of_date: date
    numbers: Numbers

    def ask(self, key: str, sql: str) -> Figures:
        """The answer to a query on the snapshot; `$as_of_date` in it stands for the report's day."""
        return ask(self.con, key, sql.replace("$as_of_date", f"DATE '{self.as_of_date}'"))

    def lacking(self, feeds: Sequence[str]) -> tuple[str, ...]:
        """Those of some feeds of which the shop has no row."""
        kept = "SELECT DISTINCT feed FROM ops.row_outcomes WHERE outcome = 'kept' AND row_count > 0"
        known = {feed for (feed,) in self.con.execute(kept).fetchall()}
        return tuple(feed for feed in feeds if feed not in known)

    def feeds(self, names: Iterable[str]) -> str:
        """Feeds in words, as a shop owner knows them."""
        return ", ".join(self.written("feed_code", name) for name in names)

    def say(self, key: str, **values: Value) -> Markup:
        """Words of the report's language; a value is written by the kind that its name ends with, escaped."""
        written = {name: escape(self.written(name, value)) for name, value in values.items()}
        return escape(word(key, self.numbers.language)).format(**written)

    def answer(self, key: str, **values: Value) -> Markup:
        """A sentence of the answer: words of the language, with its values in bold."""
        written = {name: bold(name, self.written(name, value)) for name, value in values.items()}
        return Markup("<p>{}</p>\n").format(escape(word(key, self.numbers.language)).format(**written))

    def listed(self, key: str, item: str, records: Iterable[Mapping[str, Value]]) -> Markup:
        """A sentence whose `{listed}` is one `item` for each record; its values are bold, but for codes."""
        language = self.numbers.language
        said = (
            escape(word(item, language)).format(
                **{name: self._listed_value(name, value) for name, value in record.items()}
            )
            for record in records
        )
        return Markup("<p>{}</p>\n").format(
            escape(word(key, language)).format(listed=Markup(", ").join(said))
        )

    def _listed_value(self, name: str, value: Value) -> Markup:
        text = self.written(name, value)
        return escape(text) if kind_of(name) == "code" else bold(name, text)

    def written(self, name: str, value: Value) -> str:
        """A value as the page shows it in a column of that name; a code in words, where there are any."""
        kind = kind_of(name)
        if kind == "code" and value is not None:
            return (
                all_words().get(f"code_{value}", {}).get(self.numbers.language, str(value).replace("_", " "))
            )
        return self.numbers.write("text" if kind == "code" else kind, value)


def bold(name: str, text: str) -> Markup:
    """A value in bold; words may break at the end of a line, a number never does."""
    if kind_of(name) in {"text", "code"}:
        return Markup('<b class="words">{}</b>').format(text)
    return Markup("<b>{}</b>").format(text)
