"""Every rule of every column of every feed has a row that breaks it, and only it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from mandje.contracts.types import Column, Table
from mandje.ingest.values.email_hash import hash_value
from parse_support import FEEDS, KEY, LINE, LINES, csv_bytes, export_file, good_row, parse, parse_bytes

WRONG_TYPES = {
    "integer": ["1.0", "x", "9223372036854775808", "1e3", "½"],
    "decimal": ["x", "1,5", "1e3", "100000000000000", "--1", "NaN", "1 000"],
    "rate": ["x", "1,5", "5.4793e-5", "10000000", "--1", "NaN", "1 000"],
    "timestamp": ["2024-02-30T10:00:00Z", "2024-03-30", "30/03/2024 10:00", "2024-03-30T24:00:00", "now"],
    "date": ["2024-02-30", "2024-3-1", "2024-03-30T00:00:00", "20240330"],
    "boolean": ["maybe", "2", "on"],
}
FINER = {"decimal": "1.00001", "rate": "0.0000547930001", "timestamp": "2024-03-30T10:00:00.1234567Z"}
IMPOSSIBLE = {
    "timestamp": ["1989-12-31T23:59:59Z", "2024-04-01T22:00:00Z", "2024-04-02T00:00:00+02:00"],
    "date": ["1989-12-31", "2024-04-02"],
}


def _breaking_values(column: Column) -> Iterator[tuple[str, str]]:
    if not column.nullable:
        yield "missing", ""
        yield "missing", "  "
    if column.is_email:
        yield from (("email", text) for text in ("someone", "a@b", "a b@c.nl", "f" * 63))
    is_rounded = (
        column.round_to is not None
    )  # such a column takes floats, with exponents and all their digits
    wrong_types = (text for text in WRONG_TYPES.get(column.type, ()) if not (is_rounded and text == "1e3"))
    yield from (("type", text) for text in wrong_types)
    if column.type in FINER and not is_rounded:
        yield "precision", FINER[column.type]
    yield from _outside_values(column)


def _outside_values(column: Column) -> Iterator[tuple[str, str]]:
    if column.allowed:
        yield "allowed", column.allowed[0].upper()
    if column.pattern is not None:
        yield from (("pattern", text) for text in ("eur", "EURO", "E1R"))
    if column.minimum is not None:
        yield "range", str(column.minimum if column.minimum_exclusive else column.minimum - 1)
    if column.maximum is not None:
        yield "range", str(column.maximum + 1)
    for text in IMPOSSIBLE.get(column.type, ()):
        yield "impossible_date", text


CASES = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in FEEDS.values()
    for column in table.columns
]


@pytest.mark.parametrize(("table", "column"), CASES)
def test_each_rule_rejects_its_row_alone(tmp_path: Path, table: Table, column: Column) -> None:
    broken = list(_breaking_values(column))
    good = good_row(table)
    rows = [good, *(good | {column.name: text} for _, text in broken), good]
    outcome = parse_bytes(tmp_path, csv_bytes(rows), table=table)
    assert outcome.faults == []
    assert outcome.rows["delivery_line"].to_list() == [2, len(rows) + 1]
    found = outcome.rejected.select("rule", "column_name", "delivery_line", "value").rows()
    hashed = [hash_value(text, KEY) if column.personal else text for _, text in broken]
    assert found == [
        (rule, column.name, line, None if rule == "missing" else shown)
        for line, ((rule, _), shown) in enumerate(zip(broken, hashed, strict=True), start=3)
    ]
    assert outcome.rejected["reason"].str.contains("^found .*, expected ").all()


@pytest.mark.parametrize("table", FEEDS.values(), ids=lambda table: table.name)
def test_nullable_columns_may_be_empty_or_absent(tmp_path: Path, table: Table) -> None:
    good = good_row(table)
    needed = {group[0] for group in table.one_of}
    nullable = {column.name for column in table.columns if column.nullable} - needed
    empty = parse_bytes(
        tmp_path, csv_bytes([{n: "" if n in nullable else v for n, v in good.items()}]), table=table
    )
    absent = parse_bytes(
        tmp_path, csv_bytes([{n: v for n, v in good.items() if n not in nullable}]), table=table
    )
    assert empty.rejected.is_empty()
    assert absent.rows.equals(empty.rows)
    assert all(empty.rows[name].null_count() == 1 for name in nullable)


def test_the_first_broken_rule_in_the_order_of_the_contract_is_named(tmp_path: Path) -> None:
    row = dict(reversed(LINE.items())) | {"quantity": "0", "unit_price_amount": "x", "product_id": ""}
    rejected = parse_bytes(tmp_path, csv_bytes([row])).rejected
    assert rejected.select("column_name", "rule", "document_id").row(0) == ("product_id", "missing", "o1")


def test_the_last_possible_moment_is_one_day_after_the_delivery_on_the_shop_s_clock(tmp_path: Path) -> None:
    outcome = parse_bytes(tmp_path, csv_bytes([LINE | {"updated_at": "2024-04-01T21:59:59.999999Z"}]))
    assert outcome.rows.height == 1


def test_an_hour_that_the_clock_skips_is_rejected_and_one_that_it_repeats_is_taken_first(
    tmp_path: Path,
) -> None:
    columns = tuple(
        replace(column, time_zone="Europe/Amsterdam") if column.name == "updated_at" else column
        for column in LINES.columns
    )
    table = replace(LINES, columns=columns)
    times = ["2024-03-31 02:30:00", "2023-10-29 02:30", "2024-03-30T12:00:00", "2024-03-30T12:00:00+00:00"]
    outcome = parse_bytes(tmp_path, csv_bytes([LINE | {"updated_at": time} for time in times]), table=table)
    assert outcome.rejected.select("rule", "column_name", "delivery_line").rows() == [
        ("type", "updated_at", 2)
    ]
    assert "Europe/Amsterdam" in outcome.rejected["reason"][0]
    read = [time.isoformat() for time in outcome.rows["updated_at"]]
    assert read == ["2023-10-29T00:30:00+00:00", "2024-03-30T11:00:00+00:00", "2024-03-30T12:00:00+00:00"]


def test_a_row_worth_more_than_any_row_is_rejected(tmp_path: Path) -> None:
    rich = LINE | {"quantity": "99999999999999.9999", "unit_price_amount": "99999999999999.9999"}
    outcome = parse_bytes(tmp_path, csv_bytes([rich, LINE]))
    assert outcome.rejected.select("rule", "column_name", "money_amount").row(0)[:2] == ("range", "quantity")
    assert outcome.read["money_amount"].sum() == outcome.rows.height * 20


def test_each_delivery_has_its_own_last_possible_moment(tmp_path: Path) -> None:
    files = []
    for day in ("2024-03-29", "2024-03-28", "2024-03-27"):
        path = tmp_path / f"{day}.csv"
        path.write_bytes(csv_bytes([LINE]))
        files.append(export_file(path, day=date.fromisoformat(day)))
    outcome = parse(files)
    assert outcome.rows["delivery_file"].to_list() == ["2024-03-29.csv"]
    assert set(outcome.rejected["rule"]) == {"impossible_date"}
