"""How values are written for people, in the report's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

# What a cell may hold; a date where the kind is one.
Number: TypeAlias = int | float | Decimal | str
Value: TypeAlias = Number | dt.date | None

HARD_SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
UNKNOWN = "\N{EN DASH}"
_WHOLE_FROM = 100
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
_MARKS = {"en": (",", "."), "nl": (".", ",")}
_POINTS = {"en": "points", "nl": "punten"}
_SHORT = {"maart": "mrt"}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
        *("October", "November", "December"),
    ),
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september"),
        *("oktober", "november", "december"),
    ),
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Writes values of a kind: `count`, `amount`, `ratio`, `change`, `points`, `factor`, `days`, and so on.

    `language` is en or nl, `currency_code` the shop's reporting currency.
    """

    language: str
    currency_code: str

    def write(self, kind: str, value: Value) -> str:
        """A value as text, not escaped; what is unknown is a dash."""
        return UNKNOWN if value is None else _WRITERS[kind](self, value)

    def count(self, value: Number) -> str:
        """A whole number: 1,925."""
        return self._decimal(value, 0)

    def amount(self, value: Number) -> str:
        """Money of the reporting currency: whole from 100 on, else to the cent."""
        places = 0 if abs(Decimal(value)) >= _WHOLE_FROM else 2
        symbol = _SYMBOLS.get(self.currency_code, self.currency_code)
        number = self._decimal(value, places)
        sign, digits = (MINUS, number[1:]) if number.startswith(MINUS) else ("", number)
        return f"{sign}{symbol}{HARD_SPACE}{digits}"

    def cents(self, value: Number) -> str:
        """Money of several currencies, to the cent and without a sign of one: 3.50."""
        return self._decimal(value, 2)

    def ratio(self, value: Number) -> str:
        """A part of one, in percent: 5.6 %."""
        return f"{self._decimal(Decimal(value) * 100, 1)}{HARD_SPACE}%"

    def change(self, value: Number) -> str:
        """A relative change, in percent with its sign: +3.1 %."""
        return f"{self._signed(Decimal(value) * 100, 1)}{HARD_SPACE}%"

    def points(self, value: Number) -> str:
        """A difference of two ratios, in percentage points with its sign: +1.2 points."""
        return f"{self._signed(Decimal(value) * 100, 1)}{HARD_SPACE}{_POINTS[self.language]}"

    def factor(self, value: Number) -> str:
        """How many times: 2.3×."""
        return f"{self._decimal(value, 1)}×"

    def days(self, value: Number) -> str:
        """A number of days, to one place where it has one."""
        return self._decimal(value, 0 if Decimal(value) == int(value) else 1)

    def date(self, value: dt.date) -> str:
        """30 May 2025."""
        return f"{self.day(value)}{HARD_SPACE}{value.year}"

    def day(self, value: dt.date) -> str:
        """30 May, where its year stands beside it."""
        return f"{value.day}{HARD_SPACE}{_MONTHS[self.language][value.month - 1]}"

    def month(self, value: dt.date) -> str:
        """May 2025, shortened to three letters."""
        name = _MONTHS[self.language][value.month - 1]
        return f"{_SHORT.get(name, name[:3])}{HARD_SPACE}{value.year}"

    def value(self, value: Number) -> str:
        """A figure of any unit, as exact as its size asks for: 1,302.83, 26, 0.0562."""
        number = Decimal(value)
        if number == int(number):
            return self._decimal(number, 0)
        return self._decimal(number, 2 if abs(number) >= 1 else 4)

    def _signed(self, value: Decimal, places: int) -> str:
        number = self._decimal(value, places)
        return number if number.startswith(MINUS) or not number.strip("0.,") else f"+{number}"

    def _decimal(self, value: Number, places: int) -> str:
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        thousands, point = _MARKS[self.language]
        digits = f"{abs(rounded):,f}".translate({ord(","): thousands, ord("."): point})
        return f"{MINUS}{digits}" if rounded < 0 else digits


_WRITERS: dict[str, Callable[..., str]] = {
    "count": Numbers.count,
    "amount": Numbers.amount,
    "cents": Numbers.cents,
    "ratio": Numbers.ratio,
    "change": Numbers.change,
    "points": Numbers.points,
    "factor": Numbers.factor,
    "days": Numbers.days,
    "date": Numbers.date,
    "day": Numbers.day,
    "month": Numbers.month,
    "value": Numbers.value,
    "text": lambda _numbers, value: str(value),
}
