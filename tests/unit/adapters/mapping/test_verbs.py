"""Every verb of a mapping on a small file: what it makes, and what it does with a row that it cannot read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mapped_shop import tried

LINES = """
[[tables]]
feed = "order_lines"
order_id = "Order"
line_number = {counter_of = "Order"}
product_id = "Code"
quantity = "Units"
gross_amount = "Price"
discount_amount = {is = 0}
currency_code = {is = "EUR"}
"""
HEADER = "Order,Code,EAN,Units,Price,Off,Rate,Note"


def lines(*rows: str) -> dict[str, str | bytes]:
    return {"lines.csv": "\n".join([HEADER, *rows]) + "\n"}


def with_column(name: str, value: str) -> str:
    """The mapping with another value of one column."""
    kept = [line for line in LINES.strip().splitlines() if not line.startswith(f"{name} =")]
    return "\n".join([*kept, f"{name} = {value}"])


def made(folder: Path, column: str, value: str, *rows: str) -> list[Any]:
    """A column of order_lines, in the order of its lines."""
    result = tried(folder, with_column(column, value), lines(*rows))
    assert result.rejected == []
    others = [name for name in ("order_id", "line_number") if name != column]
    return [row[-1] for row in result.rows("order_lines", *others, column)]


def refused(folder: Path, column: str, value: str, *rows: str) -> tuple[str | None, str, str]:
    """Column, rule and reason of the one row that is rejected."""
    result = tried(folder, with_column(column, value), lines(*rows))
    (found,) = result.rejected
    assert sum(count for count, _ in result.destinations().values()) == len(rows)
    return found[1:]


ROW = "A1,MUG,871,2,24.20,1.21,21,x"


@pytest.mark.parametrize(
    ("column", "value", "rows", "expected"),
    [
        ("product_id", '"Code"', [ROW], ["MUG"]),
        ("product_id", '{from = "Code"}', [" A1 , MUG ,871,2,1,,,"], ["MUG"]),
        ("quantity", "{is = 3}", [ROW], ["3.00"]),
        ("quantity", '{from = "Note", map = {x = 1, y = 2.5}}', [ROW, "A1,M,8,1,1,,,y"], ["1.00", "2.50"]),
        ("product_id", '{first = ["Code", "EAN"]}', [ROW, "A1,,871,2,1,,,"], ["MUG", "871"]),
        ("product_id", '{join = ["P", "Code", "-", "EAN"]}', [ROW], ["PMUG-871"]),
        ("product_id", '{join = [{is = "SKU "}, "Code"]}', [ROW], ["SKU MUG"]),
        ("gross_amount", '{from = "Price", ex_tax = "Rate"}', [ROW], ["20.00"]),
        ("gross_amount", '{from = "Price", ex_tax = 0.21}', [ROW], ["20.00"]),
        # 10 / 1.06 is 9.43396…
        ("gross_amount", '{from = "Price", ex_tax = 0.06}', ["A1,M,8,1,10,,,"], ["9.4340"]),
        ("gross_amount", '{from = "Price", minus = "Off"}', [ROW], ["22.99"]),
        ("gross_amount", '{from = "Price", minus = ["Off", "Units"]}', [ROW], ["20.99"]),
        ("gross_amount", '{from = "Price", times = "Units"}', [ROW], ["48.40"]),
        ("gross_amount", '{from = "Price", times = 0.01}', ["A1,M,8,1,1005,,,"], ["10.05"]),
        # 0.0025 · 0.5 is 0.00125: half away from zero
        ("gross_amount", '{from = "Price", times = "Off"}', ["A1,M,8,1,0.0025,0.5,,"], ["0.0013"]),
        (
            "gross_amount",
            '{from = "Price", times = "Units", minus = "Off", ex_tax = "Rate"}',
            [ROW],
            ["39.00"],
        ),
        ("discount_amount", '{from = "Off", empty = 0}', [ROW, "A1,M,8,1,1,,,"], ["1.21", "0.00"]),
        ("line_number", '{counter_of = "Order"}', ["B,M,8,1,1,,,", ROW, "B,N,8,1,1,,,"], [1, 1, 2]),
        ("line_number", '"Units"', [ROW], [2]),
    ],
)
def test_a_verb_makes_a_column(
    tmp_path: Path, column: str, value: str, rows: list[str], expected: list[Any]
) -> None:
    assert made(tmp_path, column, value, *rows) == expected


@pytest.mark.parametrize(
    ("column", "value", "row", "expected"),
    [
        ("product_id", '"Code"', "A1,,8,1,1,,,", ("Code", "missing", "found nothing, expected a value")),
        (
            "quantity",
            '{from = "Note", map = {x = 1}}',
            "A1,M,8,1,1,,,z",
            ("Note", "allowed", "found 'z', expected one of: x"),
        ),
        (
            "product_id",
            '{first = ["Code", "EAN"]}',
            "A1,,,1,1,,,",
            ("Code", "missing", "found nothing, expected a value here or in EAN"),
        ),
        (
            "product_id",
            '{join = ["P", "Code"]}',
            "A1,,,1,1,,,",
            ("Code", "missing", "found nothing, expected a value"),
        ),
        (
            "gross_amount",
            '{from = "Price", ex_tax = "Rate"}',
            "A1,M,8,1,1,,high,",
            ("Rate", "type", "found 'high', expected a plain decimal number between -10000000 and 10000000"),
        ),
        (
            "gross_amount",
            '{from = "Price", times = "Off"}',
            "A1,M,8,1,1,,,",
            ("Off", "missing", "found nothing, expected a value"),
        ),
        (
            "gross_amount",
            '{from = "Price", minus = "Off"}',
            "A1,M,8,1,1,,,",
            ("Off", "missing", "found nothing, expected a value"),
        ),
        (
            "gross_amount",
            '{from = "Price", minus = "Off"}',
            "A2,M,8,1,1,3,,",
            (None, "range", "its gross_amount would be -2.00, expected at least 0"),
        ),
        (
            "discount_amount",
            '{from = "Off", empty = 0}',
            "A1,M,8,1,1,-1,,",
            ("Off", "range", "found '-1', expected at least 0"),
        ),
        (
            "line_number",
            '{counter_of = "EAN"}',
            "A1,M,,1,1,,,",
            ("EAN", "missing", "found nothing, expected a value"),
        ),
    ],
)
def test_a_row_that_a_verb_cannot_read_is_rejected(
    tmp_path: Path, column: str, value: str, row: str, expected: tuple[str | None, str, str]
) -> None:
    assert refused(tmp_path, column, value, ROW, row) == expected


@pytest.mark.parametrize(
    ("rates", "prices"),
    [
        (("21", "9", "0"), ["100.00", "100.00", "121.00"]),
        (("21%", "9 %", "0%"), ["100.00", "100.00", "121.00"]),
        (("0.21", "0.09", "0"), ["100.00", "100.00", "121.00"]),
        (("21.0", "5.5", "0"), ["100.00", "103.3175", "121.00"]),
    ],
)
def test_a_tax_rate_is_read_as_its_file_writes_it(
    tmp_path: Path, rates: tuple[str, ...], prices: list[str]
) -> None:
    rows = [
        f"A{n},M,8,1,{price},,{rate},"
        for n, (price, rate) in enumerate(zip(("121", "109", "121"), rates, strict=True))
    ]
    assert made(tmp_path, "gross_amount", '{from = "Price", ex_tax = "Rate"}', *rows) == prices


def test_a_rate_that_may_be_both_is_rejected(tmp_path: Path) -> None:
    """0.5 in a file of per cents: half a per cent, or half?"""
    expected = (
        "Rate",
        "type",
        "found '0.5', expected a tax rate such as 21, 21% or 0.21, all of one file in one way",
    )
    value = '{from = "Price", ex_tax = "Rate"}'
    assert refused(tmp_path, "gross_amount", value, ROW, "A2,M,8,1,1,,0.5,") == expected


ONLY = '\nonly_if = {{{}}}\notherwise = "skipped:no_goods"'


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ('column = "Off", above = 1', ["A2"]),
        ('column = "Off", below = 2', ["A1"]),
        ('column = "Note", is = "x"', ["A1"]),
        ('column = "Note", is_not = "x"', ["A2"]),
        ('column = "Note", one_of = ["x", "y"]', ["A1", "A2"]),
        ('column = "Note", is_empty = true', ["A3"]),
        ('column = "Note", is_empty = false', ["A1", "A2"]),
    ],
)
def test_rows_that_are_none_go_aside_with_their_reason(tmp_path: Path, test: str, kept: list[str]) -> None:
    """They break no rule either: A4 has no units."""
    rows = ["A1,M,8,1,1,1,,x", "A2,M,8,1,1,2,,y", "A3,M,8,1,1,,,"]
    aside = {"is_not": "A4,,,0,free,1,,x", "is_empty = true": "A4,,,0,free,1,,z"}
    other = next((row for word, row in aside.items() if word in test), "A4,,,0,free,,,")
    result = tried(tmp_path, LINES + ONLY.format(test), lines(*rows, other))
    assert result.rejected == []
    assert [order for (order,) in result.rows("order_lines", "order_id")] == kept
    assert result.destinations()["order_lines", "skipped:no_goods"] == (4 - len(kept), "0.00")


def test_a_condition_that_cannot_be_read_is_rejected(tmp_path: Path) -> None:
    only = ONLY.format('column = "Off", above = 1')
    result = tried(tmp_path, LINES + only, lines(ROW, "A2,M,8,1,1,much,,"))
    (found,) = result.rejected
    assert found[:3] == ("order_lines", "Off", "type")
