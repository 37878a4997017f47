"""The original of a rejected row comes from the reader that validated it, whatever the file looks like."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mandje.ingest.accounts.originals import original_rows
from mandje.ingest.accounts.rejects import export_rejects
from mandje.ingest.read.parsed import ExportFile
from mandje.shop.settings import Shop
from store_support import drop, lines, make_shop, night

DAY = date(2025, 1, 6)
COLUMNS = {
    "order_id": ["o1", "o2", "o3"],
    "line_number": [1, 1, 1],
    "product_id": ["p1", "p2", "p3"],
    "quantity": ["1", "-2", "3"],
    "currency_code": ["EUR"] * 3,
    "unit_price_amount": ["3.50"] * 3,
    "discount_amount": ["0"] * 3,
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def parquet(**changes: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(COLUMNS | changes), file)
    return file.getvalue()


def originals(path: Path, wanted: list[int]) -> list[str]:
    return original_rows(ExportFile("order_lines", DAY, "", path), wanted, 2**30).to_list()


def exported(shop: Shop, target: Path) -> list[dict[str, str]]:
    export_rejects(shop, target)
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


KINDS = {
    "binary": {"order_id": pa.array([b"o1", b"o2", b"\xff\xfe"], pa.binary())},
    "fixed": {"product_id": pa.array([b"p1", b"p2", b"\xffx"], pa.binary(2))},
    "view": {"product_id": pa.array(["p1", "p2", "p3"], pa.string_view())},
    "dictionary": {"product_id": pa.array(["p1", "p2", "p3"]).dictionary_encode()},
    "decimal": {"unit_price_amount": pa.array([3, 3, 3], pa.decimal128(38, 10))},
    "zone": {"updated_at": pa.array([1_700_000_000_000] * 3, pa.timestamp("us", "-03:45"))},
    "nowhere": {"updated_at": pa.array([1_700_000_000_000] * 3, pa.timestamp("ms", "Nowhere/At_All"))},
    "far": {"updated_at": pa.array([2**40, -(2**50), None], pa.timestamp("s"))},
    "old_day": {"updated_at": pa.array([-(2**31), 0, 2**31 - 1], pa.date32())},
    "null": {"updated_at": pa.nulls(3)},
    "no_text": {"more": pa.array([[1], [], None])},
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "no_text"])
def test_every_kind_of_column(shop: Shop, tmp_path: Path, kind: str) -> None:
    path = drop(shop, "order_lines", DAY, parquet(**KINDS[kind]), name="a[1].PARQUET")
    night(shop)
    rows = exported(shop, tmp_path / "out.csv")
    assert {"2", "3"} & {row["delivery_line"] for row in rows}
    for row in rows:
        assert json.loads(row["original"])["line_number"] == "1", row
    (texts,) = originals(path, [3])
    assert json.loads(texts) | {"updated_at": ""} == {
        **dict.fromkeys(KINDS[kind], ""),
        **{name: str(values[1]) for name, values in COLUMNS.items()},
        "updated_at": "",
        **({"unit_price_amount": "3.0000000000"} if kind == "decimal" else {}),
    }


def test_a_column_without_text_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet(**KINDS["no_text"]))
    assert "more" not in json.loads(originals(path, [2])[0])


@pytest.mark.parametrize("name", ["ORDER.CSV.GZ", "a{1,2}*.Csv", "[x].JSONL"])
def test_any_spelling_of_a_name(shop: Shop, tmp_path: Path, name: str) -> None:
    text = lines(30).replace("o17,1,p17,2", "=o17,1,p17,-4")
    if name.endswith("JSONL"):
        text = "".join(json.dumps(row) + "\n" for row in csv.DictReader(io.StringIO(text)))
    data = text.encode()
    drop(shop, "order_lines", DAY, gzip.compress(data) if name.endswith("GZ") else data, name=name)
    night(shop)
    (row,) = exported(shop, tmp_path / "out.csv")
    assert row["original"].startswith('{"order_id": "=o17"' if name.endswith("JSONL") else "'=o17,1,p17,-4")


def test_lines_are_counted_as_the_reader_counts_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mandje.ingest.accounts.originals.CHUNK_ROWS", 1)
    path = tmp_path / "x.csv"
    content = ["\ufeffhead", *(f"line {n} {'x' * (n % 700)}" for n in range(2, 400)), "", "last"]
    path.write_bytes("\r\n".join(content).encode())
    wanted = [1, 2, 57, 399, 400, 401, 402]
    found = originals(path, wanted)
    assert found == ["head", *content[1:2], content[56], content[398], "", "last", None]


def test_trouble_with_one_file_concerns_no_other(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in ("2025-01-06", "2025-01-07", "2025-01-08"):
        drop(shop, "order_lines", day, lines(30, 1))
    night(shop)

    def troubled(file: ExportFile, wanted: list[int], most: int) -> object:
        if file.path.parent.name == "2025-01-07":
            raise ValueError("no such thing")
        return original_rows(file, wanted, most)

    monkeypatch.setattr("mandje.ingest.accounts.rejects.original_rows", troubled)
    done = export_rejects(shop, tmp_path / "out.csv")
    assert (done.rows, len(done.notes)) == (3, 1)
    assert "2025-01-07" in done.notes[0]
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert [row["original"] != "" for row in csv.DictReader(file)] == [True, False, True]
