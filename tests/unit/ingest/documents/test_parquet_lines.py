"""Rows of nested Parquet as documents: values as they are, lists unwrapped, damage and size refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mandje.ingest.documents import parquet_lines
from mandje.ingest.read.text_rows import Refused
from mandje.ingest.read.unpacked import Unpacked
from parse_support import export_file


def documents(path: Path, most: int = 2**30) -> list[tuple[int, Any]]:
    meter = Unpacked(most).meter(export_file(path))
    frames = list(parquet_lines.parquet_lines(path, meter))
    return [(line, json.loads(text)) for frame in frames for line, text in frame.iter_rows()]


def write(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_are_documents_with_their_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "odd [1] name.parquet",
        number=[2**53 + 1, None, 3],
        price=[12.1, 10.0, None],
        at=pa.array([datetime(2026, 3, 1, 11, tzinfo=UTC), None, None], pa.timestamp("us", "UTC")),
        things=[[{"id": "a", "tags": ["x", None]}], [], None],
        who=[{"name": "\u00e9\n", "no": 1}, None, {"name": None, "no": 2}],
    )
    assert documents(path) == [
        (
            2,
            {
                "number": 2**53 + 1,
                "price": 12.1,
                "at": "2026-03-01 11:00:00+00",
                "things": [{"id": "a", "tags": ["x", None]}],
                "who": {"name": "\u00e9\n", "no": 1},
            },
        ),
        (3, {"number": None, "price": 10.0, "at": None, "things": [], "who": None}),
        (4, {"number": 3, "price": None, "at": None, "things": None, "who": {"name": None, "no": 2}}),
    ]


def test_what_a_writer_puts_around_elements_is_taken_off(tmp_path: Path) -> None:
    inner = {"list": [{"element": {"key": "a", "deep": {"list": [{"element": 1}, {"element": None}]}}}]}
    path = write(
        tmp_path / "a.parquet",
        pairs=[inner, None, {"list": None}],
        held=[{"one": {"list": [{"element": "x"}]}, "two": 2}, None, None],
        rows=[[{"of": {"list": [{"element": 5}]}}], None, []],
        true=[{"list": [{"element": 1, "other": 2}]}] * 3,  # another thing of that name
    )
    first, second, third = (one for _, one in documents(path))
    as_it_is = {"list": [{"element": 1, "other": 2}]}
    assert first == {
        "pairs": [{"key": "a", "deep": [1, None]}],
        "held": {"one": ["x"], "two": 2},
        "rows": [{"of": [5]}],
        "true": as_it_is,
    }
    assert second == {"pairs": None, "held": None, "rows": None, "true": as_it_is}
    assert third["rows"] == []


def test_all_batches_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_lines, "_BATCH_ROWS", 1000)
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"no": range(7_500)}), path, row_group_size=2_000)
    assert documents(path) == [(number + 2, {"no": number}) for number in range(7_500)]


def test_damage_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", name=[f"name {number}" for number in range(1000)])
    content = path.read_bytes()
    for broken in (content[:-100], content[:50] + b"\xff" * 200 + content[250:]):
        path.write_bytes(broken)
        with pytest.raises(Refused) as refused:
            documents(path)
        assert refused.value.reason == "unreadable"


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", name=["long" * 100] * 5000)
    with pytest.raises(Refused) as refused:
        documents(path, most=100_000)
    assert refused.value.reason == "too_big"


def test_a_row_of_any_length_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_lines, "MOST_ROW_BYTES", 1000)
    path = write(tmp_path / "a.parquet", name=["short", "long" * 300])
    with pytest.raises(Refused) as refused:
        documents(path)
    assert refused.value.reason == "too_big"
