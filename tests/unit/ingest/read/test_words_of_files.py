"""What is said of a file that cannot be read names the place, and the step that mends it."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from parse_support import LINE, parse_bytes

HEADER = ",".join(LINE)
ROW = ",".join(LINE.values())


def parquet(column: pa.Array) -> bytes:
    table = pa.table({name: [value] for name, value in LINE.items()} | {"quantity": column})
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


SAID: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "CR alone": (
        "a.csv",
        f"{HEADER}\r{ROW}\r".encode(),
        ("end with a carriage return (CR) alone", "line: 1", "found: CR without LF", r"tr '\r' '\n'"),
    ),
    "CR alone, quoted": (
        "a.csv",
        f'"{HEADER.replace(",", chr(34) + "," + chr(34))}"\r{ROW}\r'.encode(),
        ("end with a carriage return (CR) alone",),
    ),
    "CR alone, JSON": (
        "a.jsonl",
        b'{"order_id": "1"}\r{"order_id": "2"}\r',
        ("end with a carriage return (CR) alone",),
    ),
    "comma at the end": (
        "a.csv",
        f"{HEADER},\n{ROW}\n".encode(),
        ("a column has no name", "field 10 of 10 is empty: a comma ends the line", "take its comma off"),
    ),
    "comma in the middle": (
        "a.csv",
        f"{HEADER.replace('quantity,', 'quantity,,')}\n{ROW}\n".encode(),
        (
            "a column has no name",
            "field 6 of 10 is empty; expected",
            "take it out of the header and of every",
        ),
    ),
    "Latin-1 header": (
        "a.csv",
        f"{HEADER.replace('quantity', 'quantité')}\n{ROW}\n".encode("latin-1"),
        (
            "the header is not in UTF-8",
            "byte E9 in field 5; in Windows-1252 it is é",
            "iconv -f WINDOWS-1252",
        ),
    ),
    "256 bits": (
        "a.parquet",
        parquet(pa.array([Decimal(2)], type=pa.decimal256(50, 4))),
        (
            "column quantity is of a type that is not read",
            "decimal256(50, 4)",
            "at most 38 digits",
            "cast quantity",
        ),
    ),
    "a list": ("a.parquet", parquet(pa.array([["2"]])), ("list<", "text is always right")),
    "nearly a name": (
        "a.csv",
        f"{HEADER.replace('quantity', 'Quantity ').replace('unit_price', 'unit price')}\n{ROW}\n".encode(),
        ("'Quantity ' (blanks around it)", "to quantity, rename unit price_amount to unit_price_amount"),
    ),
    "an address as a name": (
        "a.csv",
        f"{HEADER},ann@post.example\n{ROW},x\n".encode(),
        ("found: (not a name)", "take the columns out that this table does not have"),
    ),
    "a column too few": (
        "a.csv",
        f"{HEADER.replace('quantity', 'unit_cost_amount', 1).rsplit(',', 1)[0]}\n{ROW}\n".encode(),
        ("missing column: quantity", "write quantity too, under this name"),
    ),
    "an open quote": (
        "a.csv",
        f'"{HEADER}\n{ROW}\n'.encode(),
        ("a quote in the header is not closed", "take the quotes out"),
    ),
    "nothing": ("a.csv", b"", ("the file has 0 bytes", "if nothing was due, deliver the header alone")),
}


@pytest.mark.parametrize("case", SAID)
def test_the_step_mends_it(tmp_path: Path, case: str) -> None:
    name, data, parts = SAID[case]
    (fault,) = parse_bytes(tmp_path, data, name).faults
    text = str(fault.error)
    assert [part for part in parts if part not in text] == [], text
    assert "ann@" not in text
    assert str(tmp_path / name) in text


def test_a_row_in_latin_1_has_the_hint(tmp_path: Path) -> None:
    outcome = parse_bytes(tmp_path, f"{HEADER}\n{ROW.replace('p1', 'pé')}\n".encode("latin-1"), "a.csv")
    assert "Latin-1 or Windows-1252" in outcome.rejected["reason"].item()
