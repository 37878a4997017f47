"""Whatever bytes a file holds, parsing ends in rows, rejected rows or a fault of the file."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mandje.contracts.types import Table
from mandje.ingest.read.parsed import FileFault
from parse_support import DAY, FEEDS, LINE, csv_bytes, good_row, parse_bytes

TABLES = (FEEDS["order_lines"], FEEDS["customers"], FEEDS["ad_spend"])
REASONS = {"empty_file", "unreadable", "header", "not_its_format", "unknown_file"}
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _csv(table: Table) -> bytes:
    row = good_row(table)
    quoted = {name: f'a "{value}",\nb' if name == "name" else value for name, value in row.items()}
    return csv_bytes([row, quoted, row, row])


def _jsonl(table: Table) -> bytes:
    return (json.dumps(good_row(table) | {"x": None}).replace(', "x": null', "") + "\n").encode() * 3


def _parquet(table: Table) -> bytes:
    target = io.BytesIO()
    pl.DataFrame([good_row(table)] * 3).write_parquet(target)
    return target.getvalue()


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        piece = draw(
            st.one_of(
                st.binary(min_size=1, max_size=4),
                st.sampled_from(
                    [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"\r\n", b'""', b"\\", b"{", b"}"]
                ),
                st.sampled_from([b"1e5", b"-", b"NaN", b"\\u0000", b"\\ud800", b"\xc3\xa9", b"9" * 30, b" "]),
            )
        )
        keep = draw(st.sampled_from([0, 1, len(piece)]))
        data[at : at + keep] = piece
    end = draw(st.one_of(st.none(), st.integers(0, len(data))))
    return bytes(data[:end])


def check_parse(folder: Path, data: bytes, name: str, table: Table, chunk_rows: int) -> None:
    outcome = parse_bytes(folder, data, name, table, chunk_rows)
    assert all(isinstance(fault, FileFault) and fault.reason in REASONS for fault in outcome.faults)
    assert outcome.rejected.select(pl.col("rule", "reason").is_null().any()).row(0) == (False, False)
    for column in table.columns:
        values = outcome.rows[column.name]
        assert column.nullable or values.null_count() == 0
        assert not column.allowed or values.drop_nulls().is_in(column.allowed).all()
        assert column.minimum is None or (values.drop_nulls() >= column.minimum).all()
        if column.type == "timestamp":
            latest = datetime(DAY.year, DAY.month + 1, 1, 22, tzinfo=UTC)
            assert (
                values.drop_nulls().is_between(datetime(1990, 1, 1, tzinfo=UTC), latest, closed="left").all()
            )
        if column.is_email:
            assert values.drop_nulls().str.contains("^[0-9a-f]{64}$").all()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@FUZZ
@given(data=st.data())
def test_mutated_csv(tmp_path: Path, table: Table, data: st.DataObject) -> None:
    check_parse(
        tmp_path, data.draw(mutated(_csv(table))), "a.csv", table, data.draw(st.sampled_from([1, 1000]))
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@FUZZ
@given(data=st.data())
def test_mutated_csv_of_an_open_table(tmp_path: Path, encoding: str, data: st.DataObject) -> None:
    table = replace(TABLES[0], open=True)
    text = "a title\n" + _csv(table).decode().replace(",", ";").replace("12.5", "12,5")
    raw = data.draw(mutated(text.encode(encoding)))
    check_parse(tmp_path, raw, "a.csv", table, data.draw(st.sampled_from([1, 1000])))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@FUZZ
@given(data=st.data())
def test_mutated_json_lines(tmp_path: Path, table: Table, data: st.DataObject) -> None:
    check_parse(tmp_path, data.draw(mutated(_jsonl(table))), "a.jsonl", table, 1000)


@FUZZ
@given(data=st.data())
def test_mutated_parquet(tmp_path: Path, data: st.DataObject) -> None:
    table = TABLES[0]
    check_parse(tmp_path, data.draw(mutated(_parquet(table))), "a.parquet", table, 1000)


@FUZZ
@given(data=st.data())
def test_mutated_gzip(tmp_path: Path, data: st.DataObject) -> None:
    table = TABLES[0]
    check_parse(tmp_path, data.draw(mutated(gzip.compress(_csv(table), mtime=0))), "a.csv.gz", table, 1000)


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet", "a.xlsx"])
@FUZZ
@given(data=st.binary(max_size=200))
def test_random_bytes(tmp_path: Path, name: str, data: bytes) -> None:
    check_parse(tmp_path, data, name, TABLES[0], 1000)


@FUZZ
@given(
    rows=st.lists(st.fixed_dictionaries({name: st.text(max_size=8) for name in LINE}), min_size=1, max_size=6)
)
def test_any_text_in_any_field(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    check_parse(tmp_path, csv_bytes(rows), "a.csv", TABLES[0], 1000)
    check_parse(
        tmp_path, "".join(json.dumps(row) + "\n" for row in rows).encode(), "a.jsonl", TABLES[0], 1000
    )
