"""Files and rows whose structure is at fault, and the line that every row stands on."""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parse_support import DAY, FEEDS, LINE, LINES, csv_bytes, export_file, good_row, parse, parse_bytes

# A gzip header holds the second it was made: tests are named after their data, so both must stay the same.
packed = partial(gzip.compress, mtime=0)
HEADER = (",".join(LINE) + "\n").encode()
ROW = (",".join(LINE.values()) + "\n").encode()
NESTED = json.dumps(LINE | {"quantity": {"n": 1}})


def _rejected(outcome: object) -> list[tuple[int, str]]:
    return outcome.rejected.select("delivery_line", "rule").rows()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "lines", "rejected"),
    [
        (ROW * 3, [2, 3, 4], []),
        (ROW[:-1], [2], []),
        (ROW + b"\n\r\n\n" + ROW, [2, 6], []),
        (ROW + b"o1,2\n" + ROW, [2, 4], [(3, "field_count")]),
        (ROW + ROW[:-1] + b",\n" + b"o1,2\n", [2], [(3, "field_count"), (4, "field_count")]),
        (ROW.replace(b",4\n", b"\n") + ROW, [3], [(2, "field_count")]),
        (b" \n" + ROW, [3], [(2, "field_count")]),
        (ROW + ROW.replace(b"p1", b'5" pipe') + ROW, [2, 4], [(3, "quoting")]),
        (ROW + ROW.replace(b"p1", b'"a"b') + ROW, [2, 4], [(3, "quoting")]),
        (ROW + ROW.replace(b"p1", b'"open') + ROW, [2, 4], [(3, "quoting")]),
        (ROW.replace(b"p1", b'"a\n""b"",\r\nc"') + ROW, [2, 5], []),
        (ROW.replace(b"p1", b'"a\nb"') * 3 + b"x\n" + ROW, [2, 4, 6, 9], [(8, "field_count")]),
        (ROW + ROW.replace(b"p1", b"caf\xe9") + ROW, [2, 4], [(3, "encoding")]),
        (ROW.replace(b"p1", "café 🛒".encode()) + ROW, [2, 3], []),
        (ROW + ROW.replace(b"p1", b"p\x001") + ROW, [2, 4], [(3, "encoding")]),
        (ROW + ROW.replace(b"p1", b'"\n\xff\n"') + ROW, [2, 6], [(3, "encoding")]),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_csv_lines(  # noqa: PLR0913, PLR0917 - the parts of a case
    tmp_path: Path,
    body: bytes,
    lines: list[int],
    rejected: list[tuple[int, str]],
    mark: bytes,
    line_end: bytes,
) -> None:
    data = mark + (HEADER + body).replace(b"\r\n", b"\n").replace(b"\n", line_end)
    outcome = parse_bytes(tmp_path, data)
    assert outcome.faults == []
    assert outcome.rows["delivery_line"].to_list() == lines
    assert _rejected(outcome) == rejected
    assert outcome.rejected["value"].null_count() == len(rejected)


def test_quoted_values_come_out_as_written(tmp_path: Path) -> None:
    outcome = parse_bytes(
        tmp_path, csv_bytes([LINE | {"product_id": ' a "b",\nc '}, LINE | {"product_id": '""'}])
    )
    assert outcome.rows["product_id"].to_list() == ['a "b",\nc', '""']


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ("[1]", "json", None),
        ("{'a': 1}", "json", None),
        (json.dumps(LINE) + ",", "json", None),
        (json.dumps(LINE)[:-1] + ', "order_id": "o2"}', "json", None),
        (json.dumps(LINE).replace('"2"', "02"), "json", None),
        (json.dumps(LINE).replace('"2"', "NaN"), "json", None),
        (json.dumps(LINE).replace("p1", "\\ud800"), "json", None),
        (NESTED, "type", "quantity"),
        (json.dumps(LINE | {"quantity": [1]}), "type", "quantity"),
        (json.dumps(LINE | {"order_id": "a\0b"}), "encoding", "order_id"),
        (json.dumps(LINE | {"quantity": True}), "type", "quantity"),
        (json.dumps({k: v for k, v in LINE.items() if k != "quantity"}), "missing", "quantity"),
        (json.dumps(LINE | {"quantity": None}), "missing", "quantity"),
    ],
)
def test_json_lines_at_fault(tmp_path: Path, line: str, rule: str, column: str | None) -> None:
    data = "\n".join([json.dumps(LINE), "", line, "  ", json.dumps(LINE)])
    outcome = parse_bytes(tmp_path, data.encode(), "a.jsonl")
    assert outcome.faults == []
    assert outcome.rows["delivery_line"].to_list() == [1, 5]
    assert outcome.rejected.select("delivery_line", "rule", "column_name").rows() == [(3, rule, column)]


def test_json_numbers_keep_their_text_and_strings_their_meaning(tmp_path: Path) -> None:
    text = json.dumps(LINE | {"product_id": 'a:"{,}\\"\té😀/'}).replace('"10.25"', "12345678.1230")
    plain = text.replace('"0.5"', "0.5000000000000000000").replace('"1"', "1 ").replace('"4"', " null ")
    outcome = parse_bytes(tmp_path, (plain + "\n" + plain.replace("\\u", "\\u")).encode(), "a.jsonl")
    row = outcome.rows.row(0, named=True)
    assert row["product_id"] == 'a:"{,}\\"\té😀/'
    assert (row["unit_price_amount"], row["discount_amount"]) == (Decimal("12345678.1230"), Decimal("0.5"))
    assert (row["line_number"], row["unit_cost_amount"]) == (1, None)


FAULTS = [
    ("a.csv", b"", "empty_file", None),
    ("a.csv", b"\xef\xbb\xbf", "empty_file", None),
    ("a.csv.gz", packed(b""), "empty_file", None),
    ("a.jsonl", b"", "empty_file", None),
    ("a.parquet", b"", "empty_file", None),
    ("a.txt", HEADER, "unknown_file", None),
    ("a.csv", HEADER.replace(b"quantity,", b""), "header", 1),
    ("a.csv", HEADER.replace(b"quantity", b"qty"), "header", 1),
    ("a.csv", HEADER.replace(b"quantity", b"order_id"), "header", 1),
    ("a.csv", HEADER[:-1] + b",extra\n", "header", 1),
    ("a.csv", HEADER.replace(b"quantity", b'"quantity'), "header", 1),
    ("a.csv", HEADER.replace(b"quantity", b"quantit\xe9"), "header", 1),
    ("a.csv", b"\n" + HEADER + ROW, "header", 1),
    ("a.csv", ROW, "header", 1),
    ("a.csv", (HEADER + ROW).decode().encode("utf-16") + b"o", "unreadable", None),
    ("a.csv", "a".encode("utf-32"), "not_its_format", None),
    ("a.csv", b"\xff\xfe", "empty_file", None),
    ("a.jsonl", json.dumps(LINE).encode("utf-16"), "not_its_format", None),
    ("a.csv", (HEADER + ROW).decode().encode("utf-16-le"), "not_its_format", None),
    ("a.csv", packed(HEADER), "not_its_format", None),
    ("a.csv", b"PK\x03\x04....", "not_its_format", None),
    ("a.csv", b"PAR1....", "not_its_format", None),
    ("a.csv.gz", HEADER + ROW, "not_its_format", None),
    ("a.csv.gz", packed(HEADER + ROW * 99)[:-20], "unreadable", None),
    ("a.csv.gz", packed(HEADER + ROW)[:-4] + b"abcd", "unreadable", None),
    ("a.jsonl", HEADER + ROW, "not_its_format", None),
    ("a.jsonl", (json.dumps(LINE) + "\n" + json.dumps(LINE | {"zz": 1})).encode(), "header", 2),
    ("a.jsonl", (json.dumps(LINE) + "\n" + json.dumps({"zz": {}})).encode(), "header", 2),
    ("a.parquet", HEADER + ROW, "not_its_format", None),
    ("a.parquet", b"PAR1" + b"\0" * 40 + b"PAR1", "unreadable", None),
]


@pytest.mark.parametrize(
    ("name", "data", "reason", "line"), FAULTS, ids=[f"{name}-{reason}" for name, _, reason, _ in FAULTS]
)
def test_a_file_that_refuses_its_delivery(
    tmp_path: Path, name: str, data: bytes, reason: str, line: int | None
) -> None:
    outcome = parse_bytes(tmp_path, data, name)
    (fault,) = outcome.faults
    assert (fault.reason, fault.error.line) == (reason, line)
    assert outcome.rows.is_empty()
    told = (
        fault.error.message,
        fault.error.file,
        fault.error.found,
        fault.error.expected,
        fault.error.next_step,
    )
    assert all(told)
    assert "\n" not in str(fault.error)


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    (fault,) = parse([export_file(tmp_path / "gone.csv")]).faults
    assert fault.reason == "unreadable"


def test_a_truncated_parquet_is_unreadable_wherever_it_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "whole.parquet"
    pl.DataFrame([LINE] * 50).write_parquet(path)
    whole = path.read_bytes()
    for size in (4, 5, 100, len(whole) // 2, len(whole) - 1):
        outcome = parse_bytes(tmp_path, whole[:size], "cut.parquet")
        assert [fault.reason for fault in outcome.faults] == ["unreadable"]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_header_alone_is_a_delivery_of_no_rows(tmp_path: Path, name: str) -> None:
    for header in (HEADER, HEADER[:-1]):
        outcome = parse_bytes(tmp_path, packed(header) if name.endswith("gz") else header, name)
        assert (outcome.faults, outcome.rows.height, outcome.rejected.height) == ([], 0, 0)


def test_columns_may_stand_in_any_order_and_ignored_ones_are_not_read(tmp_path: Path) -> None:
    from dataclasses import replace

    table = replace(LINES, ignored=("customer_name",))
    row = dict(reversed((LINE | {"customer_name": "Jane Doe"}).items()))
    outcome = parse_bytes(tmp_path, csv_bytes([row, row | {"quantity": "x"}]), table=table)
    plain = parse_bytes(tmp_path, csv_bytes([LINE]))
    assert outcome.rows.equals(plain.rows)
    assert "Jane" not in str(outcome.rejected.rows())


def test_only_canonical_feeds_may_leave_out_nullable_columns(tmp_path: Path) -> None:
    from dataclasses import replace

    data = csv_bytes([{n: v for n, v in LINE.items() if n != "updated_at"}])
    assert parse_bytes(tmp_path, data).rows.height == 1
    (fault,) = parse_bytes(tmp_path, data, table=replace(LINES, name="lines_of_a_source")).faults
    assert "updated_at" in fault.error.message


def test_all_formats_give_the_same_rows(tmp_path: Path) -> None:
    for table in FEEDS.values():
        row = good_row(table)
        pl.DataFrame([row] * 2).write_parquet(tmp_path / "source.parquet")
        files = {
            "a.csv": csv_bytes([row] * 2),
            "a.csv.gz": packed(csv_bytes([row] * 2)),
            "a.jsonl": (json.dumps(row) + "\n").encode() * 2,
            "a.parquet": (tmp_path / "source.parquet").read_bytes(),
        }
        frames = [parse_bytes(tmp_path, data, name, table).rows for name, data in files.items()]
        for frame in frames:
            assert frame.drop("delivery_file", "delivery_line").equals(
                frames[0].drop("delivery_file", "delivery_line")
            )


def test_typed_parquet_is_read_exactly(tmp_path: Path) -> None:
    moment = datetime(2024, 3, 30, 10, 0, 0, 123456, tzinfo=UTC)
    columns = {
        "order_id": pa.array(["a", "b", None]).dictionary_encode(),
        "line_number": pa.array([1, 2, 3], pa.int16()),
        "updated_at": pa.array([moment, None, moment], pa.timestamp("ns", "Europe/Amsterdam")),
        "product_id": pa.array([b"p", b"\xff", b"p"], pa.binary()),
        "quantity": pa.array([0.1, 2.0, 1e-7]),
        "currency_code": pa.array(["EUR"] * 3, pa.large_string()),
        "unit_price_amount": pa.array([Decimal("12345678901.2345")] * 3, pa.decimal128(38, 4)),
        "discount_amount": pa.array(np.float32([0.3, 0, 0])),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    outcome = parse([export_file(tmp_path / "a.parquet")])
    assert outcome.rejected.select("delivery_line", "column_name", "rule").rows() == [
        (3, "product_id", "encoding"),
        (4, "order_id", "missing"),
    ]
    row = outcome.rows.row(0, named=True)
    assert row["updated_at"] == moment
    assert (row["quantity"], row["discount_amount"]) == (Decimal("0.1"), Decimal("0.3"))
    assert row["unit_price_amount"] == Decimal("12345678901.2345")


def test_a_parquet_time_no_calendar_has_is_rejected(tmp_path: Path) -> None:
    times = pa.array([2**62, -(2**62), 0], pa.int64()).cast(pa.timestamp("us"))
    rows = pa.table({name: [value] * 3 for name, value in LINE.items()} | {"updated_at": times})
    pq.write_table(rows, tmp_path / "a.parquet")
    rules = parse([export_file(tmp_path / "a.parquet")]).rejected["rule"].to_list()
    assert rules == ["type", "type", "impossible_date"]


def test_a_parquet_column_without_a_text_form_refuses_the_file(tmp_path: Path) -> None:
    pl.DataFrame([LINE]).with_columns(quantity=pl.lit([1, 2])).write_parquet(tmp_path / "a.parquet")
    (fault,) = parse([export_file(tmp_path / "a.parquet")]).faults
    assert fault.reason == "header"
    assert "quantity" in fault.error.message


def _dirty_lines(rows: int) -> bytes:
    chance = random.Random(7)
    kinds = [
        ROW,
        ROW.replace(b"p1", b'"a\n,b"'),
        b"\n",
        b"o1,1\n",
        ROW.replace(b"p1", b'5"'),
        ROW.replace(b"p1", b"\xe9"),
        ROW.replace(b"o1,1", b"o1,x"),
    ]
    return b"".join(chance.choices(kinds, [50, 5, 1, 1, 1, 1, 1], k=rows))


@pytest.mark.parametrize("pack", [lambda data: data, packed])
def test_a_streamed_file_gives_what_the_whole_gives(tmp_path: Path, pack: object) -> None:
    data = pack(HEADER + _dirty_lines(5000))  # type: ignore[operator]
    name = "a.csv" if data.startswith(HEADER) else "a.csv.gz"
    whole = parse_bytes(tmp_path, data, name)
    streamed = parse_bytes(tmp_path, data, name, chunk_rows=100)
    assert whole.chunks == 1
    assert streamed.chunks > 20
    assert streamed.rows.equals(whole.rows)
    assert streamed.rejected.equals(whole.rejected)
    assert streamed.read["money_amount"].sum() == whole.read["money_amount"].sum()


def test_streamed_json_lines_and_parquet_give_what_the_whole_gives(tmp_path: Path) -> None:
    rows = [LINE | {"line_number": str(n)} for n in range(1, 3000)]
    pl.DataFrame(rows).write_parquet(tmp_path / "source.parquet", row_group_size=700)
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    for name, data in (("a.jsonl", lines), ("a.parquet", (tmp_path / "source.parquet").read_bytes())):
        whole = parse_bytes(tmp_path, data, name)
        streamed = parse_bytes(tmp_path, data, name, chunk_rows=100)
        assert streamed.chunks > 20
        assert streamed.rows.equals(whole.rows)
        assert whole.rows["line_number"].to_list() == list(range(1, 3000))


def test_small_deliveries_stay_whole(tmp_path: Path) -> None:
    files = []
    for day in range(1, 11):
        for part in ("a", "b", "c"):
            path = tmp_path / f"{day}{part}.csv"
            path.write_bytes(HEADER + ROW * 4)
            files.append(export_file(path, date(2024, 3, 20 + day)))
    parts = list(__parse(files))
    days = [set(part.rows["delivery_date"]) | set(part.rejected["delivery_date"]) for part in parts]
    assert len(parts) > 1
    assert sum(len(found) for found in days) == len(set().union(*days)) == 10


def __parse(files: list[object]) -> list[object]:
    from mandje.ingest.parse import RowContext, parse_files
    from parse_support import AMSTERDAM, KEY

    return list(parse_files(files, LINES, RowContext(KEY, AMSTERDAM, chunk_rows=20)))  # type: ignore[arg-type]


def test_a_fault_leaves_the_other_files_alone(tmp_path: Path) -> None:
    names = ("1.csv", "2.csv", "3.csv")
    for name, data in zip(names, (HEADER + ROW, b"", HEADER + ROW), strict=True):
        (tmp_path / name).write_bytes(data)
    outcome = parse([export_file(tmp_path / name) for name in names])
    assert [fault.file.path.name for fault in outcome.faults] == ["2.csv"]
    assert outcome.rows["delivery_file"].to_list() == ["1.csv", "3.csv"]
    assert set(outcome.rows["delivery_date"]) == {DAY}
