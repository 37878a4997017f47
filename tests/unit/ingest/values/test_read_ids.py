"""Ids of every kind of file: what tools and people make of them, and what they were."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mandje.contracts.ids import IdRules
from mandje.contracts.placeholders import PLACEHOLDERS
from mandje.contracts.types import Column, Table
from mandje.ingest.values.email_hash import hash_value
from parse_support import FEEDS, KEY, LINES, Outcome, csv_bytes, export_file, good_row, parse, parse_bytes

ORDERS = FEEDS["orders"]
ORDER = good_row(ORDERS)
IDS = [(table, column) for table in FEEDS.values() for column in table.columns if column.is_id]
NUMBERS = [1, 42, 70_001, 1_234_567_890, 2**53 - 1]


def _orders(folder: Path, customers: list[str], *, chunk_rows: int = 1000, table: Table = ORDERS) -> Outcome:
    rows = [ORDER | {"order_id": f"o{n}", "customer_id": one} for n, one in enumerate(customers)]
    return parse_bytes(folder, csv_bytes(rows), table=table, chunk_rows=chunk_rows)


def _noted(outcome: Outcome) -> dict[tuple[str, str], int]:
    counted = outcome.noted.group_by("column_name", "kind").agg(pl.col("row_count").sum())
    return {(row["column_name"], row["kind"]): row["row_count"] for row in counted.iter_rows(named=True)}


def _parquet(folder: Path, ids: pa.Array) -> Outcome:
    columns = {c.name: pa.array([ORDER[c.name]] * len(ids)) for c in ORDERS.columns}
    columns["order_id"] = pa.array([f"o{n}" for n in range(len(ids))])
    pq.write_table(pa.table(columns | {"customer_id": ids}), folder / "orders.parquet")
    return parse([export_file(folder / "orders.parquet")], ORDERS)


def test_every_id_of_a_feed_is_marked_as_one() -> None:
    names = {f"{table.name}.{column.name}" for table, column in IDS}
    expected = {
        f"{table.name}.{column.name}"
        for table in FEEDS.values()
        for column in table.columns
        if column.name.endswith("_id")
    }
    assert names == expected


@pytest.mark.parametrize(("table", "column"), IDS, ids=lambda one: one.name)
def test_a_placeholder_is_no_id_in_any_feed(tmp_path: Path, table: Table, column: Column) -> None:
    chance = random.Random(column.name)
    written = [chance.choice((word, word.upper(), word.title(), f" {word} ")) for word in PLACEHOLDERS]
    good = good_row(table)
    data = csv_bytes([good, *(good | {column.name: word} for word in [*written, "0.0"])])
    outcome = parse_bytes(tmp_path, data, table=table)
    assert _noted(outcome) == {(column.name, "placeholder"): len(written) + 1}
    if column.nullable:
        assert outcome.rows[column.name].null_count() == len(written) + 1
        assert outcome.rejected.is_empty()
    else:
        assert outcome.rows[column.name].to_list() == [good[column.name]]
        assert set(outcome.rejected["rule"]) == {"missing"}
        assert outcome.rejected["reason"].str.contains("stands for none").all()
        assert outcome.rejected["value"].to_list() == [word.strip() for word in [*written, "0.0"]]


def test_no_number_is_nothing_in_parquet(tmp_path: Path) -> None:
    """NaN in a column of floats: empty, or missing where something is needed."""
    nothing = pa.array([float("nan"), 2.5, None])
    columns = {name: pa.array([value] * 3) for name, value in good_row(LINES).items()}
    for name, left, rules in (("unit_cost_amount", 3, []), ("discount_amount", 1, ["missing"] * 2)):
        lines = columns | {"line_number": pa.array([1, 2, 3]), name: nothing}
        pq.write_table(pa.table(lines), tmp_path / f"{name}.parquet")
        outcome = parse([export_file(tmp_path / f"{name}.parquet")], LINES)
        assert outcome.rows[name].drop_nulls().to_list() == [Decimal("2.5")]
        assert (outcome.rows.height, outcome.rejected["rule"].to_list()) == (left, rules)


def test_a_placeholder_is_no_address(tmp_path: Path) -> None:
    """It refuses no row, and its row is somebody's only if another column says whose."""
    written = ["NULL", "nan", "None", " n/a\u00a0", "\\N", "0.0", "", "ann@shop.nl", "nobody", "a@b@c.nl"]
    customers = ["", "ann@shop.nl", *[""] * 8]
    rows = [
        ORDER | {"order_id": f"o{n}", "email_hash": email, "customer_id": customer}
        for n, (email, customer) in enumerate(zip(written, customers, strict=True))
    ]
    outcome = parse_bytes(tmp_path, csv_bytes(rows), table=ORDERS)
    ann = hash_value("ann@shop.nl", KEY)
    assert outcome.rows["email_hash"].to_list() == [None, ann, *[None] * 5, ann]
    assert outcome.rejected.select("delivery_line", "rule").rows() == [(10, "email"), (11, "email")]
    assert _noted(outcome) == {("email_hash", "placeholder"): 6, ("customer_id", "address"): 1}


def test_a_shop_may_name_its_own_placeholders(tmp_path: Path) -> None:
    table = replace(ORDERS, ids=IdRules(placeholders=("nobody", "c++")))
    outcome = _orders(tmp_path, ["0", "NOBODY", "C++", "c", "unknown"], table=table)
    assert outcome.rows["customer_id"].to_list() == ["0", None, None, "c", "unknown"]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 1000])
def test_numbers_that_a_tool_wrote_as_floats_are_numbers(tmp_path: Path, chunk_rows: int) -> None:
    written = ["", "nan", *(f"{number}.0" for number in NUMBERS), "5", "ann@shop.nl", "1.23457E+12", "1e+16"]
    outcome = _orders(tmp_path, written, chunk_rows=chunk_rows)
    hashed = hash_value("ann@shop.nl", KEY)
    assert outcome.rows["customer_id"].to_list() == [
        *(None, None, *map(str, NUMBERS)),
        *("5", hashed, "1.23457E+12", "1e+16"),
    ]
    assert _noted(outcome) == {
        ("customer_id", "placeholder"): 1,
        ("customer_id", "whole_float"): len(NUMBERS),
        ("customer_id", "address"): 1,
        ("customer_id", "cut_number"): 2,
    }


@pytest.mark.parametrize("chunk_rows", [1, 2, 1000])
@pytest.mark.parametrize("other", ["A1", "1.5", "1-2", "1E5"])
def test_a_float_beside_other_ids_than_numbers_is_kept(tmp_path: Path, other: str, chunk_rows: int) -> None:
    for written in (["2.0", "7", other], [other, "7", "2.0"]):
        outcome = _orders(tmp_path, written, chunk_rows=chunk_rows)
        assert outcome.rows["customer_id"].to_list() == written
        assert _noted(outcome) == {("customer_id", "kept_float"): 1}


def test_each_file_decides_for_itself(tmp_path: Path) -> None:
    for name, customers in (("a.csv", ["1.0", "2.0"]), ("b.csv", ["1.0", "x"])):
        (tmp_path / name).write_bytes(csv_bytes([ORDER | {"customer_id": one} for one in customers]))
    files = [export_file(tmp_path / name) for name in ("a.csv", "b.csv")]
    assert parse(files, ORDERS).rows["customer_id"].to_list() == ["1", "2", "1.0", "x"]


def test_zeros_in_front_stay_and_blanks_around_go(tmp_path: Path) -> None:
    written = ["007", "7", "\u00a07\u2003", "\ufeff7", "7\u200b", "a b", "00"]
    outcome = _orders(tmp_path, written)
    assert outcome.rows["customer_id"].to_list() == ["007", "7", "7", "7", "7", "a b", "00"]


def test_typed_files_give_the_numbers_that_text_gives(tmp_path: Path) -> None:
    expected = [*map(str, NUMBERS), None]
    assert _orders(tmp_path, [str(one) for one in NUMBERS] + [""]).rows["customer_id"].to_list() == expected
    floats = pa.array([*map(float, NUMBERS), None], pa.float64())
    decimals = pa.array([*NUMBERS, None], pa.decimal128(20, 0)).cast(pa.decimal128(30, 2))
    for ids in (floats, decimals, floats.dictionary_encode(), pa.array([*NUMBERS, None], pa.int64())):
        assert _parquet(tmp_path, ids).rows["customer_id"].to_list() == expected
    lines = [
        ORDER | {"order_id": f"o{n}", "customer_id": n if n is None else float(n)} for n in [*NUMBERS, None]
    ]
    data = "\n".join(json.dumps(line) for line in lines).encode()
    assert parse_bytes(tmp_path, data, "a.jsonl", ORDERS).rows["customer_id"].to_list() == expected
    assert b"1234567890.0" in data


def test_a_float_that_may_be_another_number_is_refused(tmp_path: Path) -> None:
    doubles = _parquet(tmp_path, pa.array([2.0**53, 1e20, -(2.0**60), 1.0], pa.float64()))
    shorts = _parquet(tmp_path, pa.array([2.0**24, 3e9, 1.0], pa.float32()))
    text = _orders(tmp_path, [f"{2**53}.0", f"{2**53 - 1}.0"])
    lines = "\n".join(
        json.dumps(ORDER).replace('"customer_id": "abc"', f'"customer_id": {n}') for n in ("1e17", 2**60)
    )
    numbers = parse_bytes(tmp_path, lines.encode(), "a.jsonl", ORDERS)
    for outcome, refused in ((doubles, 3), (shorts, 2), (text, 1), (numbers, 1)):
        assert outcome.rejected["rule"].to_list() == ["precision"] * refused
        assert outcome.rejected["reason"].str.contains("9007199254740992").all()
        assert outcome.rows.height == 1
    assert numbers.rows["customer_id"].to_list() == [str(2**60)]  # written with all its digits


def test_an_address_is_the_same_id_in_all_feeds_and_fills_an_empty_hash(tmp_path: Path) -> None:
    hashed = hash_value("ann@shop.nl", KEY)
    rows = [
        ORDER | {"customer_id": " Ann@Shop.nl ", "email_hash": ""},
        ORDER | {"customer_id": "ann%40shop.nl", "email_hash": "bob@shop.nl"},
        ORDER | {"customer_id": "c1", "email_hash": ""},
    ]
    orders = parse_bytes(tmp_path, csv_bytes(rows), table=ORDERS).rows
    assert orders["customer_id"].to_list() == [hashed, hashed, "c1"]
    assert orders["email_hash"].to_list() == [hashed, hash_value("bob@shop.nl", KEY), None]
    contact = good_row(FEEDS["service_contacts"]) | {"customer_id": "ANN@shop.nl"}
    contacts = parse_bytes(tmp_path, csv_bytes([contact]), table=FEEDS["service_contacts"]).rows
    assert contacts["customer_id"].to_list() == [hashed]


TEXTS = {
    "/search?q=ann%40shop.nl&p=2": "/search?q=(address)&p=2",
    "/u/ann.b+c@shop.co.uk/orders": "/u/(address)/orders",
    "Ann <ann@shop.nl>, bob@shop.nl": "Ann <(address)>, (address)",
    "été ann%2540shop.nl": "été (address)",
    "jürgen@müller.de": "(address)",
    "@shop": "@shop",
    "2 @ 5.00": "2 @ 5.00",
    "100%40": "100%40",
}


def test_no_address_is_left_in_a_text(tmp_path: Path) -> None:
    event = good_row(FEEDS["session_events"])
    rows = [event | {"page_path": one, "search_term": one, "campaign": one} for one in TEXTS]
    outcome = parse_bytes(tmp_path, csv_bytes(rows), table=FEEDS["session_events"])
    for name in ("page_path", "search_term", "campaign"):
        assert outcome.rows[name].to_list() == list(TEXTS.values())
    assert _noted(outcome) == {(name, "address"): 5 for name in ("page_path", "search_term", "campaign")}


def test_an_address_in_a_rejected_value_is_hashed(tmp_path: Path) -> None:
    rows = [ORDER | {"status": one} for one in ("ann@shop.nl", "to%20ann%40shop.nl")]
    rejected = parse_bytes(tmp_path, csv_bytes(rows), table=ORDERS).rejected
    assert rejected["rule"].to_list() == ["allowed"] * 2
    assert not rejected.select("value", "reason").to_struct().cast(str).str.contains("shop").any()


def test_a_rejected_row_names_its_document_as_the_feeds_do(tmp_path: Path) -> None:
    table = replace(LINES, ids=IdRules(prefix="nl-"))
    rows = [good_row(table) | {"order_id": one, "quantity": "0"} for one in (" 7.0 ", "8")]
    rejected = parse_bytes(tmp_path, csv_bytes(rows), table=table).rejected
    assert rejected["document_id"].to_list() == ["nl-7", "nl-8"]
