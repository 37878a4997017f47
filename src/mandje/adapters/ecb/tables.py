"""The contracts of the bank's files: a column per currency (its site), or a row per rate (its data API)."""

from __future__ import annotations

from mandje.adapters.base import Kind
from mandje.contracts.columns import ZERO
from mandje.contracts.parts import Part, Wide
from mandje.contracts.types import Column, Table

WIDE, LONG = "rates_by_day", "series"
_CODE = "^[A-Z]{3}$"
# A month, a quarter, half a year, a week or a year: what stands in place of a day in other series.
_PERIOD = "^[0-9]{4}(?:-(?:[0-9]{2}|[QHSB][0-9]|W[0-9]{2}))?$"


def _text(name: str, description: str, at: str, pattern: str | None = None) -> Column:
    return Column(name, "text", "text", description, pattern=pattern, at=at)


def _rate(at: str = "") -> Column:
    unit, description = "units per euro", "What one euro is; none where it is not quoted."
    return Column(
        "rate", "rate", unit, description, nullable=True, minimum=ZERO, minimum_exclusive=True, at=at
    )


CELLS = Table(
    "cells",
    "One row per day and currency: a cell of the file.",
    (
        Column("day", "date", "day", "Day of the rate.", at="Date"),
        Column(
            "currency", "text", "ISO 4217 code", "Currency quoted: the name of the column.", pattern=_CODE
        ),
        _rate(),
    ),
    part=Part(WIDE, wide=Wide("[A-Z]{3}", "currency", "rate")),
    open=True,
)
OBSERVATIONS = Table(
    "observations",
    "One row per series and period.",
    (
        _text("frequency", "How often the series is told; D: daily.", "FREQ"),
        _text("currency", "Currency quoted.", "CURRENCY"),
        _text("per", "Currency that it is quoted for one unit of.", "CURRENCY_DENOM"),
        _text("rate_type", "SP00 is the reference rate.", "EXR_TYPE"),
        Column("day", "date", "day", "Day of the rate.", nullable=True, at="TIME_PERIOD"),
        Column(
            "period",
            "text",
            "text",
            "What stands in place of a day.",
            nullable=True,
            pattern=_PERIOD,
            moved_from="day",
        ),
        _rate("OBS_VALUE"),
    ),
    part=Part(LONG),
    one_of=(("day", "period"),),
    open=True,
)

# A comma ends each line of the bank's own files: a column without a name.
_NAMELESS = ""
_CURRENCIES = """
    USD JPY BGN CYP CZK DKK EEK GBP HUF LTL LVL MTL PLN ROL RON SEK SIT SKK CHF ISK NOK HRK RUB TRL TRY AUD
    BRL CAD CNY HKD IDR ILS INR KRW MXN MYR NZD PHP SGD THB ZAR
"""
_SERIES = """
    KEY DATAFLOW EXR_SUFFIX OBS_STATUS OBS_CONF OBS_PRE_BREAK OBS_COM TIME_FORMAT BREAKS COLLECTION
    COMPILING_ORG DISS_ORG DOM_SER_IDS PUBL_ECB PUBL_MU PUBL_PUBLIC UNIT_INDEX_BASE COMPILATION COVERAGE
    DECIMALS NAT_TITLE SOURCE_AGENCY SOURCE_PUB TITLE TITLE_COMPL UNIT UNIT_MULT
"""
KINDS = (
    Kind(
        WIDE,
        "rates of the European Central Bank, a column per currency",
        "csv",
        frozenset({"Date", "USD", "JPY", "GBP"}),
        frozenset({*_CURRENCIES.split(), _NAMELESS}),
    ),
    Kind(
        LONG,
        "rates of the European Central Bank, a row per rate",
        "csv",
        frozenset({"FREQ", "CURRENCY", "CURRENCY_DENOM", "EXR_TYPE", "TIME_PERIOD", "OBS_VALUE"}),
        frozenset(_SERIES.split()),
    ),
)
