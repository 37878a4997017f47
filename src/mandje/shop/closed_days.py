"""Days on which nothing is due from a source, as `closed` of shop.toml writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Closed:
    """A day of every week (0 = Monday), or the days from `first` to `last`, both included."""

    weekday: int | None
    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day is one of these."""
        return day.weekday() == self.weekday or (self.weekday is None and self.first <= day <= self.last)


def closed_days(text: str) -> Closed:
    """Read `saturday`, `2010-12-25` or `2010-12-24..2011-01-03`.

    Raises:
        ValueError: anything else, or a span that ends before it begins.
    """
    word = text.strip().lower()
    if word in _WEEKDAYS:
        return Closed(_WEEKDAYS.index(word), date.min, date.min)
    first, dots, last = word.partition("..")
    try:
        closed = Closed(None, date.fromisoformat(first), date.fromisoformat(last if dots else first))
    except ValueError:
        raise ValueError(
            f"{text!r} is no weekday, day or span such as saturday, 2010-12-25, 2010-12-24..2011-01-03"
        ) from None
    if closed.last < closed.first:
        raise ValueError(f"{text!r} ends before it begins")
    return closed


def closed_texts(days: object) -> tuple[str, ...]:
    """The days of a list in shop.toml as texts; a day that TOML reads as a date is a text too.

    Raises:
        ValueError: no list, or a text that is no weekday, day or span.
    """
    if not isinstance(days, (list, tuple)):
        raise ValueError('not a list such as ["sunday", "2026-12-25"]')  # noqa: TRY004  pydantic's error
    texts = tuple(day.isoformat() if isinstance(day, date) else str(day) for day in days)
    for text in texts:
        closed_days(text)
    return texts
