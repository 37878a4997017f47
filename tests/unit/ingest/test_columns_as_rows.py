"""Columns of a record that are rows: each cell is one, in its own line and named by its column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mandje.adapters.base import Kind
from mandje.contracts.parts import Part, Wide
from mandje.contracts.types import Column, Table
from mandje.ingest.parse import RowContext
from mandje.ingest.parse_records import parse_records
from mandje.ingest.read.parsed import FileFault, Parsed
from mandje.ingest.read.unpacked import Unpacked
from parse_support import AMSTERDAM, KEY, export_file

NAMELESS = frozenset({""})
BY_PATTERN, BY_NAME = "[A-Z]{3}", ("USD", "JPY")
CODES_AND_RATES = (
    Column("day", "date", "day", "Day.", at="Date"),
    Column("code", "text", "code", "Currency."),
    Column("rate", "rate", "rate", "Rate.", nullable=True),
)


def table(columns: tuple[str, ...] | str = BY_PATTERN) -> Table:
    part = Part("wide", wide=Wide(columns, "code", "rate"))
    return Table("rates", "A row per cell.", CODES_AND_RATES, part=part, open=True)


def parsed(
    folder: Path, text: str, made: Table, chunk_rows: int = 500_000, name: str = "r.csv"
) -> Parsed | FileFault:
    path = folder / name
    if text:
        path.write_text(text, encoding="utf-8")
    context = RowContext(KEY, AMSTERDAM, chunk_rows)
    assert made.part is not None
    assert made.part.wide is not None
    columns = made.part.wide.columns
    needed = frozenset({"Date", *(() if isinstance(columns, str) else columns)})
    kind = Kind("wide", "Rates", "csv", needed, NAMELESS)
    [found] = parse_records([export_file(path)], kind, [made], context, Unpacked(2**20))
    return found if isinstance(found, FileFault) else found["rates"]


def rows(folder: Path, text: str, made: Table, chunk_rows: int = 500_000, name: str = "r.csv") -> Parsed:
    found = parsed(folder, text, made, chunk_rows, name)
    assert isinstance(found, Parsed)
    return found


@pytest.mark.parametrize("columns", [BY_PATTERN, BY_NAME])
@pytest.mark.parametrize("chunk_rows", [1, 500_000])
def test_columns_that_are_rows(tmp_path: Path, columns: tuple[str, ...] | str, chunk_rows: int) -> None:
    """The comma at the end of each line makes a column without a name; the kind knows it."""
    text = "Date, USD, JPY, Source, \n2024-03-02, 1.1, N/A, x, \n2024-03-01, 1.2, 165.25, x, \n"
    outcome = rows(tmp_path, text, table(columns), chunk_rows)
    told = outcome.rows.select("delivery_line", "delivery_part", "code", "rate").rows()
    assert told == [
        (2, "JPY", "JPY", None),
        (2, "USD", "USD", Decimal("1.1")),
        (3, "JPY", "JPY", Decimal("165.25")),
        (3, "USD", "USD", Decimal("1.2")),
    ]
    assert outcome.noted["column_name"].unique().to_list() == ["Source"]


def test_columns_of_a_parquet_file_are_rows_too(tmp_path: Path) -> None:
    pq.write_table(pa.table({"Date": ["2024-03-02"], "USD": [1.25], "JPY": [None]}), tmp_path / "r.parquet")
    outcome = rows(tmp_path, "", table(), name="r.parquet")
    assert outcome.rows.select("code", "rate").rows() == [("JPY", None), ("USD", Decimal("1.25"))]


def test_a_cell_that_cannot_be_read_is_a_rejected_row(tmp_path: Path) -> None:
    outcome = rows(tmp_path, "Date,USD,JPY\n2024-03-02,1.1,many\n2024-03-32,1,2\n", table())
    assert outcome.rows.height == 1
    told = outcome.rejected.select("delivery_line", "delivery_part", "column_name", "value").rows()
    assert told == [
        (2, "JPY", "rate", "many"),
        (3, "JPY", "day", "2024-03-32"),
        (3, "USD", "day", "2024-03-32"),
    ]


@pytest.mark.parametrize(
    ("columns", "header", "column"),
    [(BY_PATTERN, "Date,USD,USD", "USD"), (BY_NAME, "Date,USD,USD", "USD"), (BY_NAME, "Date,USD", "JPY")],
)
def test_a_column_twice_or_a_named_one_that_is_not_there_is_refused(
    tmp_path: Path, columns: tuple[str, ...] | str, header: str, column: str
) -> None:
    fault = parsed(tmp_path, f"{header}\n2024-03-02,1.1,1.2\n", table(columns))
    assert isinstance(fault, FileFault)
    assert fault.reason == "header"
    assert column in str(fault.error)


def test_a_line_of_another_width_is_one_broken_row(tmp_path: Path) -> None:
    outcome = rows(tmp_path, "Date,USD,JPY\n2024-03-02,1.1\n2024-03-01,1.2,165\n", table())
    assert outcome.rejected.select("delivery_line", "delivery_part", "rule").rows() == [
        (2, None, "field_count")
    ]
    assert outcome.rows["delivery_line"].to_list() == [3, 3]
    assert outcome.read["row_count"].sum() == 3
