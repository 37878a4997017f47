"""Marks and blanks between thousands, and months by name, are read where they can mean one thing only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mandje.contracts.types import Column, Table
from parse_support import Outcome, parse_bytes

COSTS = Table(
    "costs",
    "Cost of a day.",
    (
        Column("cost", "decimal", "EUR", "Cost.", nullable=True),
        Column("views", "integer", "views", "Views.", nullable=True),
        Column("day", "date", "day", "Day.", nullable=True),
    ),
    open=True,
)


def read(folder: Path, *rows: str, header: str = "cost;views;day") -> Outcome:
    outcome = parse_bytes(folder, ("\n".join([header, *rows]) + "\n").encode(), table=COSTS)
    assert outcome.faults == []
    return outcome


def views(outcome: Outcome) -> list[int]:
    return outcome.rows["views"].to_list()


@pytest.mark.parametrize(
    ("rows", "meant"),
    [
        (["1,234.50;10,500;", "3.10;900;", "2.00;1,000;"], [10_500, 900, 1_000]),
        (["1.234,50;10.500;", "3,10;900;", "2,00;1.000;"], [10_500, 900, 1_000]),
        (["7;10,500;", "8;1,000,000;"], [10_500, 1_000_000]),
        (["7;12.345;", "8;1.000;"], [12_345, 1_000]),
        (["1 234,50;10 500;", "3,10;1\u00a0000\u202f000;"], [10_500, 1_000_000]),
        (["1'234.50;10'500;", "3.10;1\u2019000;"], [10_500, 1_000]),
    ],
)
def test_whole_numbers_lose_the_marks_between_their_thousands(
    tmp_path: Path, rows: list[str], meant: list[int]
) -> None:
    assert views(read(tmp_path, *rows)) == meant


@pytest.mark.parametrize(
    "rows",
    [
        ["7;1,000;", "8;2.000;"],  # nothing settles a round thousand
        ["7;10,500;", "8;12.345;"],  # both marks
        ["3,10;10,500;"],  # the numbers beside have decimal commas
        ["3.10;10.500;"],
        ["3.10;10.5;"],  # no whole number
    ],
)
def test_what_has_two_readings_is_rejected(tmp_path: Path, rows: list[str]) -> None:
    outcome = read(tmp_path, *rows)
    assert outcome.rejected["column_name"].to_list() == ["views"] * len(rows)
    assert outcome.rejected["rule"].to_list() == ["type"] * len(rows)


def test_amounts_lose_blanks_between_thousands(tmp_path: Path) -> None:
    rows = ["1 234,50;;", "1\u202f020,50;;", "12\u00a0345\u00a0678,9;;", "0,5;;"]
    meant = [Decimal("1234.5"), Decimal("1020.5"), Decimal("12345678.9"), Decimal("0.5")]
    assert read(tmp_path, *rows).rows["cost"].to_list() == meant
    odd = read(tmp_path, "12 34,50;;", "1234 567;;", "1  234;;")
    assert odd.rows.is_empty()


def test_a_strict_table_takes_no_blanks(tmp_path: Path) -> None:
    strict = Table("strict", "Strict.", (COSTS.columns[0],))
    outcome = parse_bytes(tmp_path, b"cost\n1 234\n1234\n", table=strict)
    assert outcome.rows["cost"].to_list() == [Decimal(1234)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("27 February 2026", date(2026, 2, 27)),
        (" 3 March 2026", date(2026, 3, 3)),
        ("Mar 1, 2026", date(2026, 3, 1)),
        ("September 12, 2026", date(2026, 9, 12)),
        ("1. März 2026", date(2026, 3, 1)),
        ("2 mrt 2026", date(2026, 3, 2)),
        ("3 févr. 2026", date(2026, 2, 3)),
        ("1 sept. 2026", date(2026, 9, 1)),
    ],
)
def test_months_have_names(tmp_path: Path, written: str, meant: date) -> None:
    path = parse_bytes(tmp_path, f'day\n"{written}"\n'.encode(), table=COSTS)
    expected = [meant] if meant <= date(2024, 4, 1) else []
    assert path.rows["day"].to_list() == expected
    if not expected:
        assert path.rejected.select("rule", "value").rows() == [("impossible_date", meant.isoformat())]


@pytest.mark.parametrize("written", ["30 February 2024", "3 Brumaire 2024", "March 2024", "3 March 24"])
def test_no_such_day_is_rejected(tmp_path: Path, written: str) -> None:
    outcome = parse_bytes(tmp_path, f"day\n{written}\n".encode(), table=COSTS)
    assert outcome.rejected["rule"].to_list() == ["type"]
