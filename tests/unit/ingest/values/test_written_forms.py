"""A number or a day that can be read in two ways is settled by its file, or its row is rejected."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandje.contracts.types import Column, Table
from parse_support import LINE, Outcome, parse_bytes

READINGS = Table(
    "readings",
    "Readings of a meter.",
    (
        Column("reading_id", "text", "id", "Reading.", key=True),
        Column("amount", "decimal", "EUR", "Amount.", nullable=True),
        Column("other", "decimal", "EUR", "Amount.", nullable=True),
        Column("day", "date", "day", "Day.", nullable=True),
        Column("at", "timestamp", "time", "Time.", nullable=True),
        Column("count", "integer", "readings", "Number.", nullable=True),
        Column("word", "text", "text", "Word.", nullable=True),
    ),
    open=True,
)
FEED = Table("feed", "A table whose header is strict.", READINGS.columns[:2])


def read(
    folder: Path, column: str, values: list[str], separator: str = ";", table: Table = READINGS
) -> Outcome:
    outcome = parse_bytes(folder, written(column, values, separator), table=table)
    assert outcome.faults == []
    assert outcome.rows.height + outcome.rejected.height == len(values)
    return outcome


def written(column: str, values: list[str], separator: str = ";") -> bytes:
    rows = [f"{n}{separator}{value}" for n, value in enumerate(values)]
    return ("\n".join([f"reading_id{separator}{column}", *rows]) + "\n").encode()


def said(outcome: Outcome) -> list[tuple[str, str, str]]:
    return outcome.rejected.select("rule", "value", "reason").rows()


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        (
            ["12,50", "7", "1.234", "1.234,56", "-0,5", "1.234.567"],
            ["12.5", "7", "1234", "1234.56", "-0.5", "1234567"],
        ),
        (
            ["12.50", "7", "1,234", "1,234.56", ".5", "1,234,567"],
            ["12.5", "7", "1234", "1234.56", "0.5", "1234567"],
        ),
        (["1,234", "0,125"], ["1.234", "0.125"]),
        (["1.234", "0.125"], ["1.234", "0.125"]),
        (["1.234", "1234,567"], ["1234", "1234.567"]),
        (["12", "-3"], ["12", "-3"]),
    ],
)
@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("table", [READINGS, FEED], ids=["open", "strict"])
def test_the_values_of_a_column_settle_its_mark(
    tmp_path: Path, values: list[str], meant: list[str], separator: str, table: Table
) -> None:
    outcome = read(tmp_path, "amount", values, separator, table)
    assert outcome.rows["amount"].to_list() == [Decimal(one) for one in meant]


def test_a_quoted_comma_settles_a_file_with_commas_between_its_fields(tmp_path: Path) -> None:
    outcome = read(tmp_path, "amount", ["1.234", '"12,50"'], ",")
    assert outcome.rows["amount"].to_list() == [Decimal(1234), Decimal("12.5")]
    assert read(tmp_path, "amount", ["1.234", "1.500"], ",").rows["amount"].to_list() == [
        Decimal("1.234"),
        Decimal("1.5"),
    ]
    assert [value for _, value, _ in said(read(tmp_path, "amount", ["1.234", '"1,500"'], ","))] == [
        "1.234",
        "1,500",
    ]


def test_a_feed_with_commas_is_read_as_ever(tmp_path: Path) -> None:
    line = LINE | {"unit_price_amount": '"12,50"', "discount_amount": "1.234"}
    lines = [",".join(LINE), ",".join(line.values()), ",".join((line | {"unit_price_amount": "12"}).values())]
    outcome = parse_bytes(tmp_path, ("\n".join(lines) + "\n").encode())
    assert outcome.rejected.select("column_name", "rule", "value").rows() == [
        ("unit_price_amount", "type", "12,50")
    ]
    assert outcome.rows["discount_amount"].to_list() == [Decimal("1.234")]


def test_both_readings_in_a_column_reject_every_value_with_a_mark(tmp_path: Path) -> None:
    outcome = read(tmp_path, "amount", ["3", "1.234", "5", "12,50", "12.50"])
    assert outcome.rows["amount"].to_list() == [Decimal(3), Decimal(5)]
    assert [value for _, value, _ in said(outcome)] == ["1.234", "12,50", "12.50"]
    expected = "a number such as 1234.50: the decimal mark cannot be told by this column's values"
    assert said(outcome)[-1] == ("type", "12.50", f"found '12.50', expected {expected}")


def test_one_column_does_not_settle_another(tmp_path: Path) -> None:
    text = "reading_id;amount;other\n1;12,50;1.234\n2;7,5;3\n"
    outcome = parse_bytes(tmp_path, text.encode(), table=READINGS)
    assert outcome.rows["amount"].to_list() == [Decimal("7.5")]
    assert outcome.rejected["column_name"].to_list() == ["other"]


def test_evidence_at_the_end_settles_the_beginning_of_a_file_in_many_blocks(tmp_path: Path) -> None:
    data = written("amount", [*["1.234"] * 1000, "0,5"])
    outcome = parse_bytes(tmp_path, data, table=READINGS, chunk_rows=200)
    assert outcome.chunks > 3
    assert outcome.rows["amount"].to_list() == [*[Decimal(1234)] * 1000, Decimal("0.5")]
    days = written("day", [*["05/03/2024"] * 1000, "13/03/2024"])
    outcome = parse_bytes(tmp_path, days, table=READINGS, chunk_rows=200)
    assert outcome.chunks > 3
    assert outcome.rows["day"].value_counts().sort("day").rows() == [
        (date(2024, 3, 5), 1000),
        (date(2024, 3, 13), 1),
    ]


def readable(value: str, mark: str, thousands: str) -> str | None:
    """The number in plain form if it is one with these marks: sign, groups of three, places."""
    found = re.fullmatch(r"([+-]?)([0-9,.]*?)(?:" + re.escape(mark) + r"([0-9]+))?", value)
    if found is None:
        return None
    sign, whole, places = found.groups()
    groups = whole.split(thousands)
    if len(groups) > 1 and not (
        re.fullmatch("[1-9][0-9]{0,2}", groups[0])
        and all(re.fullmatch("[0-9]{3}", one) for one in groups[1:])
    ):
        return None
    digits = "".join(groups)
    if (digits and not digits.isdigit()) or not (digits or places):
        return None
    return sign + (digits or "0") + ("." + places if places else "")


def slowly(values: list[str]) -> list[str | None]:
    """Each value on its own, and what the others say of the mark; None is rejected."""
    both = [(readable(one, ",", "."), readable(one, ".", ",")) for one in values]
    has_comma = any(comma is not None and point is None for comma, point in both)
    has_point = any(point is not None and comma is None for comma, point in both)
    plain = []
    for comma, point in both:
        if comma == point:
            plain.append(comma)
        else:
            plain.append(None if has_comma == has_point else comma if has_comma else point)
    return plain


NUMBER = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{0,4}[.,][0-9]{1,4}\Z"),
    st.from_regex(r"\A-?[0-9]{1,3}([.,][0-9]{3}){1,2}([.,][0-9]{2})?\Z"),
    st.from_regex(r"\A[0-9]{1,5}\Z"),
    st.sampled_from(["1,2,3", "x", "1..2", ",", "12,", "1.5.", "1,234", "1.234", "0,5"]),
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(NUMBER, min_size=1, max_size=5))
def test_numbers_are_as_a_slow_reader_reads_them(tmp_path: Path, values: list[str]) -> None:
    outcome = read(tmp_path, "amount", values)
    found = dict(outcome.rows.select("reading_id", "amount").iter_rows())
    expected = {str(n): Decimal(one) for n, one in enumerate(slowly(values)) if one is not None}
    assert found == expected
    assert outcome.rejected["value"].to_list() == [
        one for n, one in enumerate(values) if str(n) not in expected
    ]


@pytest.mark.parametrize("mark", ["-", "/", "."])
def test_a_day_above_the_twelfth_settles_the_file(tmp_path: Path, mark: str) -> None:
    march = read(tmp_path, "day", [f"05{mark}03{mark}2024", "", f"13{mark}3{mark}2024"])
    assert march.rows["day"].to_list() == [date(2024, 3, 5), None, date(2024, 3, 13)]
    may = read(tmp_path, "day", [f"05{mark}03{mark}2023", "", f"03{mark}13{mark}2024"])
    assert may.rows["day"].to_list() == [date(2023, 5, 3), None, date(2024, 3, 13)]


def test_days_that_nothing_settles_are_rejected(tmp_path: Path) -> None:
    for values in (["05/03/2024", "06/03/2024"], ["05/03/2024", "13/03/2024", "03/14/2024"]):
        outcome = read(tmp_path, "day", ["2024-03-30", *values])
        assert outcome.rows["day"].to_list() == [date(2024, 3, 30)]
        assert [(rule, value) for rule, value, _ in said(outcome)] == [("type", value) for value in values]
        assert all("day and month cannot be told apart" in reason for _, _, reason in said(outcome))


def test_times_go_with_the_days_of_their_file(tmp_path: Path) -> None:
    lines = (
        "reading_id,day,at",
        "1,25-03-2024,04-03-2024 09:15",
        "2,,05-03-2024 9:15:30",
        "3,20240326,",
        "4,,5-3-2024T23:59:59Z\n",
    )
    local = replace(
        READINGS,
        columns=tuple(
            replace(one, time_zone="Europe/Amsterdam") if one.name == "at" else one
            for one in READINGS.columns
        ),
    )
    outcome = parse_bytes(tmp_path, "\n".join(lines).encode(), table=local)
    assert outcome.rejected.is_empty()
    assert outcome.rows["day"].to_list() == [date(2024, 3, 25), None, date(2024, 3, 26), None]
    assert outcome.rows["at"].to_list() == [
        datetime(2024, 3, 4, 8, 15, tzinfo=UTC),
        datetime(2024, 3, 5, 8, 15, 30, tzinfo=UTC),
        None,
        datetime(2024, 3, 5, 23, 59, 59, tzinfo=UTC),
    ]


def test_a_blank_before_the_offset_is_read(tmp_path: Path) -> None:
    outcome = read(tmp_path, "at", ["2024-03-01 10:15:00 +0100", "2024-03-01 10:15:00 -0530"], ",")
    assert outcome.rows["at"].to_list() == [
        datetime(2024, 3, 1, 9, 15, tzinfo=UTC),
        datetime(2024, 3, 1, 15, 45, tzinfo=UTC),
    ]


def test_a_feed_has_days_by_iso_8601_only(tmp_path: Path) -> None:
    feed = Table("feed", "A feed.", (READINGS.columns[0], READINGS.columns[3]))
    values = ["20240326", "25/03/2024"]
    outcome = read(tmp_path, "day", values, table=feed)
    assert [value for _, value, _ in said(outcome)] == values


@pytest.mark.parametrize("word", ["NULL", "null", "N/A", "--", " --", "(not set)", '""', ""])
def test_words_for_nothing_are_nothing_where_an_open_table_may_be_empty(tmp_path: Path, word: str) -> None:
    for column in ("amount", "day", "at", "count", "word"):
        outcome = read(tmp_path, column, [word])
        assert (outcome.rows[column].to_list(), outcome.rejected.height) == ([None], 0)
    needed = replace(READINGS, columns=(READINGS.columns[0], replace(READINGS.columns[1], nullable=False)))
    assert read(tmp_path, "amount", [word], table=needed).rows.is_empty()
