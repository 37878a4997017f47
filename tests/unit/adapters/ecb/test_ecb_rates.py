"""The bank's files become rates to the reporting currency, exact to twelve places."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import polars as pl
import pytest

from loaded_source import Loaded, loaded
from mandje.adapters.ecb.adapter import EcbRates
from mandje.adapters.ecb.tables import CELLS
from mandje.contracts.types import RATE

TUESDAY, MONDAY = date(2026, 3, 3), date(2026, 3, 2)
WIDE = """Date,USD,JPY,GBP,IDR,RUB,
2026-03-03,1.2500,160.25,0.8000,18250.50,N/A,
2026-03-02,1.0000,165.00,N/A,18240.00,N/A,
"""
NAMES = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,TITLE\n"
LONG = NAMES + "".join(
    f"EXR.{frequency}.{code}.{per}.{kind}.A,{frequency},{code},{per},{kind},A,{period},{value},A,x\n"
    for frequency, code, per, kind, period, value in (
        ("D", "USD", "EUR", "SP00", "2026-03-03", "1.25"),
        ("D", "JPY", "EUR", "SP00", "2026-03-03", "160.25"),
        ("D", "RUB", "EUR", "SP00", "2026-03-03", ""),
        ("M", "USD", "EUR", "SP00", "2026-03", "1.2"),
        ("Q", "USD", "EUR", "SP00", "2026-Q1", "1.2"),
        ("A", "USD", "EUR", "SP00", "2025", "1.1"),
        ("D", "E01", "EUR", "EN00", "2026-03-03", "101.5"),
        ("D", "USD", "JPY", "SP00", "2026-03-03", "0.1"),
    )
)
SHOP = """
name = "rates"
reporting_currency = "{code}"
time_zone = "Europe/Amsterdam"
sites.nl = {{ time_zone = "Europe/Amsterdam", currency = "EUR" }}
sources.source = {{ adapter = "ecb" }}
"""


def read(folder: Path, text: str, code: str = "EUR") -> Loaded:
    return loaded(folder, SHOP.format(code=code), {"eurofxref.csv": text})


def rates(found: Loaded) -> dict[tuple[object, ...], object]:
    return {tuple(row[:3]): row[3] for row in found.feed("exchange_rates")}


def plain(above: str, below: str) -> Decimal:
    """One by the other, as a person would reckon it."""
    with localcontext(prec=80):
        return (Decimal(above) / Decimal(below)).quantize(Decimal("1e-12"), ROUND_HALF_UP)


def test_a_column_per_currency(tmp_path: Path) -> None:
    found = read(tmp_path, WIDE)
    assert rates(found) == {
        (MONDAY, "IDR", "EUR"): Decimal("0.000054824561"),
        (MONDAY, "JPY", "EUR"): Decimal("0.006060606061"),
        (MONDAY, "USD", "EUR"): Decimal(1),
        (TUESDAY, "GBP", "EUR"): Decimal("1.25"),
        (TUESDAY, "IDR", "EUR"): Decimal("0.000054793019"),
        (TUESDAY, "JPY", "EUR"): Decimal("0.006240249610"),
        (TUESDAY, "USD", "EUR"): Decimal("0.8"),
    }
    assert {place: rows for (_, place), (rows, _) in found.destinations().items()} == {
        "exchange_rates": 7,
        "skipped:not_quoted": 3,
    }


def test_a_shop_that_reports_in_another_currency(tmp_path: Path) -> None:
    """On Monday there is no rate of the pound: no rate of that day can be told."""
    found = read(tmp_path, WIDE, "GBP")
    assert rates(found) == {
        (TUESDAY, "EUR", "GBP"): Decimal("0.8"),
        (TUESDAY, "IDR", "GBP"): Decimal("0.000043834415"),
        (TUESDAY, "JPY", "GBP"): Decimal("0.004992199688"),
        (TUESDAY, "USD", "GBP"): Decimal("0.64"),
    }
    assert found.destinations()["cells", "skipped:not_quoted"][0] == 6


def test_the_file_of_one_day_has_blanks_and_a_month_by_name(tmp_path: Path) -> None:
    text = "Date, USD, JPY, GBP, \n03 March 2026, 1.2500, 160.25, 0.8000, \n"
    assert rates(read(tmp_path, text)) == {
        (TUESDAY, "GBP", "EUR"): Decimal("1.25"),
        (TUESDAY, "JPY", "EUR"): Decimal("0.006240249610"),
        (TUESDAY, "USD", "EUR"): Decimal("0.8"),
    }


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_other_dialects_say_the_same(tmp_path: Path, line_end: str) -> None:
    lines = [line.split(",")[:-1] for line in WIDE.splitlines()]
    shuffled = [
        [line[2], line[0], line[4], "" if n else "Note", *line[1:2], line[3], line[5]]
        for n, line in enumerate(lines)
    ]
    text = "\ufeff" + "".join(";".join(line) + line_end for line in shuffled)
    assert rates(read(tmp_path / "a", text)) == rates(read(tmp_path / "b", WIDE))


def test_a_row_per_rate(tmp_path: Path) -> None:
    found = read(tmp_path, LONG)
    assert rates(found) == {
        (TUESDAY, "JPY", "EUR"): Decimal("0.006240249610"),
        (TUESDAY, "USD", "EUR"): Decimal("0.8"),
    }
    assert {place: rows for (_, place), (rows, _) in found.destinations().items()} == {
        "exchange_rates": 2,
        "skipped:not_quoted": 1,
        "skipped:not_daily": 3,
        "skipped:other_rate": 2,
    }


@pytest.mark.parametrize("value", ["0", "-1.5", "1.2.3", "many"])
def test_a_cell_that_is_no_rate_is_rejected_alone(tmp_path: Path, value: str) -> None:
    found = read(tmp_path, WIDE.replace("160.25", value))
    assert len(found.rejected()) == 1
    assert len(rates(found)) == 6


def test_rates_are_what_decimals_say() -> None:
    """Two currencies a day, drawn, and some that fall on the middle between two roundings."""
    drawn = random.Random(7)
    pairs = [tuple(f"{drawn.uniform(0.5, 10 ** drawn.randint(1, 6)):.4f}" for _ in "ab") for _ in range(500)]
    pairs += [("1", "32768"), ("3", "8192"), ("0.000001", "2"), ("1", "1"), ("9999999", "1")]
    days = [MONDAY - timedelta(days=n) for n in range(len(pairs))]
    given = _cells(days, "USD", [above for above, _ in pairs]).vstack(
        _cells(days, "JPY", [below for _, below in pairs])
    )
    for code, expected in (
        ("EUR", [plain("1", below) for _, below in pairs]),
        ("USD", [plain(above, below) for above, below in pairs]),
    ):
        found = EcbRates(code).map({"cells": given}).feeds["exchange_rates"]
        assert found.filter(pl.col("from_currency") == "JPY")["rate"].to_list() == expected


def _cells(days: Sequence[date], currency: str, rates: Sequence[str]) -> pl.DataFrame:
    values = {"day": days, "currency": currency, "rate": pl.Series(map(Decimal, rates), dtype=RATE)}
    frame = pl.DataFrame({"delivery_date": days[0], "delivery_file": "f"} | values)
    schema = CELLS.polars_schema()
    columns = (
        (pl.col(name) if name in frame.columns else pl.lit(None), kind) for name, kind in schema.items()
    )
    return frame.select(one.cast(kind).alias(name) for (one, kind), name in zip(columns, schema, strict=True))
