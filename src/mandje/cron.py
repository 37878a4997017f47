"""When a night starts, as `cron` of shop.toml says it.

Standard library only: a host's Airflow reads shop.toml without Mandje's dependencies.
"""

from __future__ import annotations

import re
from datetime import time

_PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Lowest and highest number of each field, and the names that stand for numbers from the lowest on.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (0, 7, _WEEKDAYS),
)


def checked_cron(text: object) -> str:
    """The text itself.

    Raises:
        ValueError: it is no five fields of minute, hour, day, month and weekday, nor a preset such as @daily.
    """
    if isinstance(text, str):
        fields = text.lower().split()
        if text in _PRESETS:
            return text
        if len(fields) == len(_FIELDS) and all(map(_is_field, fields, _FIELDS)):
            return text
    raise ValueError(
        f"no cron expression: {text}; five fields are needed, of minute, hour, day of the month, month and "
        'weekday, such as "0 3 * * *"'
    )


def is_daily(cron: str) -> bool:
    """Whether a night starts on every day."""
    return cron in ("@daily", "@hourly") or cron.split()[2:] == ["*", "*", "*"]


def first_hour(cron: str) -> time:
    """The earliest time of a day at which a night may start: midnight, where the cron does not say."""
    minute, hour = (*cron.split(), "")[:2]
    return time(_lowest(hour), _lowest(minute))


def _lowest(field: str) -> int:
    """The lowest number that a part of a field begins with; all others begin with 0."""
    begins = (re.match(r"\d+", part) for part in field.split(","))
    return min(int(begin[0]) if begin else 0 for begin in begins)


def _is_field(text: str, field: tuple[int, int, list[str]]) -> bool:
    return all(_is_part(part, *field) for part in text.split(","))


def _is_part(text: str, low: int, high: int, names: list[str]) -> bool:
    """`*`, a number or a range of them, perhaps every so many of them."""
    base, slash, step = text.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    if base == "*":
        return True
    begin, dash, end = base.partition("-")
    numbers = [_number(one, low, names) for one in ([begin, end] if dash else [begin])]
    inside = [low <= one <= high for one in numbers if one is not None]
    return len(inside) == len(numbers) and all(inside)


def _number(text: str, low: int, names: list[str]) -> int | None:
    if text in names:
        return names.index(text) + low
    return int(text) if text.isdecimal() else None
