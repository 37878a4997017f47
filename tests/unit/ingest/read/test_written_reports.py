"""What reports have that tables have not: footers, units and currencies in names."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from mandje.contracts.types import Column, Table
from parse_support import Outcome, parse_bytes

READINGS = Table(
    "readings",
    "Readings, and what a row has that is none.",
    (
        Column("day", "date", "day", "Day.", nullable=True, at="Day"),
        Column("sum", "text", "text", "Sum.", nullable=True, pattern="^Sum", moved_from="day"),
        Column(
            "amount", "decimal", "money", "Amount.", at="Amount", aliases=("Spent",), millionths=("micros",)
        ),
        Column("code", "text", "code", "Currency.", nullable=True, at="Code", in_name_of="amount"),
    ),
    open=True,
)
ROW = "2024-03-01,1.00"


def read(folder: Path, text: str, table: Table = READINGS) -> Outcome:
    outcome = parse_bytes(folder, text.encode(), table=table)
    assert outcome.faults == []
    return outcome


@pytest.mark.parametrize(
    "footer",
    [
        '\n"©2026 Example Corporation. All rights reserved. "\n',
        "\r\nMade by a tool\r\nPage 1\r\n",
        "© 2026 Example",
        '"Copyright 2026, Example"\n',
        "\n\nEnd",
    ],
)
def test_a_footer_is_no_row_and_no_fault(tmp_path: Path, footer: str) -> None:
    outcome = read(tmp_path, f"Day,Amount\n{ROW}\n{ROW}\n{footer}")
    assert (outcome.rows.height, outcome.rejected.height, outcome.read["row_count"].sum()) == (2, 0, 2)


@pytest.mark.parametrize(
    "text",
    [
        f"Day,Amount\n{ROW}\n2024-03-0",  # a row that was cut off
        f"Day,Amount\n\nalone\n{ROW}\n",  # not at the end
        f"Day,Amount\n{ROW}\n\n1,2,3\n",  # of more fields than one
        f"Day,Amount\n{ROW}\n\n1\n2\n3\n4\n5\n6\n",  # more lines than a footer has
    ],
)
def test_what_is_no_footer_is_a_broken_row(tmp_path: Path, text: str) -> None:
    outcome = read(tmp_path, text)
    assert set(outcome.rejected["rule"]) == {"field_count"}


def test_a_strict_table_has_no_footer(tmp_path: Path) -> None:
    strict = Table("strict", "Strict.", (Column("a", "text", "", ""), Column("b", "text", "", "")))
    assert read(tmp_path, "a,b\n1,2\n\nEnd\n", strict).rejected["rule"].to_list() == ["field_count"]


def test_a_currency_in_a_name_holds_for_every_row(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"Day,Spent (USD)\n{ROW}\n{ROW}\n")
    assert outcome.rows["code"].to_list() == ["USD", "USD"]
    assert outcome.noted.is_empty()


def test_a_column_of_currencies_goes_before_a_name(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"Day,Amount (USD),Code\n{ROW},EUR\n{ROW},\n")
    assert outcome.rows["code"].to_list() == ["EUR", None]


def test_another_name_with_brackets_is_another_column(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"Day,Amount,Cost per result (EUR)\n{ROW},3\n")
    assert outcome.rows["code"].to_list() == [None]
    assert outcome.noted["column_name"].to_list() == ["Cost per result (EUR)"]


def test_two_currencies_of_one_column_are_refused(tmp_path: Path) -> None:
    outcome = parse_bytes(tmp_path, b"Day,Amount (USD),Amount (EUR)\n2024-03-01,1,2\n", table=READINGS)
    assert [fault.reason for fault in outcome.faults] == ["header"]


def test_millionths_are_whole_units(tmp_path: Path) -> None:
    outcome = read(tmp_path, "Day,micros\n,1234500000\n,0\n,7000\n,12.5\n,1e6\n,-5\n")
    assert outcome.rows["amount"].to_list() == [Decimal("1234.5"), Decimal(0), Decimal("0.007")]
    assert outcome.rejected.select("rule", "value").rows() == [
        ("type", "12.5 millionths"),
        ("type", "1e6 millionths"),
        ("type", "-5 millionths"),
    ]


def test_a_text_in_place_of_a_day_moves_to_its_column(tmp_path: Path) -> None:
    outcome = read(tmp_path, f"Day,Amount\n{ROW}\nSum of all,2\nno day,3\n")
    assert outcome.rows["sum"].to_list() == [None, "Sum of all"]
    assert outcome.rejected.select("column_name", "value").rows() == [("day", "no day")]
