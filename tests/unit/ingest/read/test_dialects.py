"""However a file is written, its rows are the same: separators, line ends, encodings, order of columns."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.contracts.types import Column, Table
from mandje.ingest.accounts.originals import original_rows
from parse_support import FEEDS, LINE, LINES, Outcome, export_file, good_row, parse_bytes

PARCELS = Table(
    "parcels",
    "Parcels of a carrier.",
    (
        Column("parcel_id", "text", "id", "Parcel.", key=True, is_id=True, at="Parcel ID"),
        Column("sent_on", "date", "day", "Day.", at="Sent on", aliases=("Sent (day)", "Shipped on")),
        Column("weight", "decimal", "kg", "Weight.", at="Weight (kg)"),
        Column("note", "text", "text", "Note.", nullable=True, at="Note"),
        Column("pieces", "integer", "pieces", "Pieces.", nullable=True),
    ),
    ignored=("Name",),
    open=True,
)
HEADER = ["Parcel ID", "Sent on", "Weight (kg)", "Note", "pieces", "Name"]
ROWS = [
    ["a1", "2024-03-01", "0.5", 'says "so, no; or\tyes|maybe"', "1", "Jane"],
    ["a2", "2024-03-02", "12.25", "two\nlines", "2", "Jane"],
    ["a3", "2024-03-32", "1.5", "no such day", "1", "Jane"],
    ["a4", "2024-03-04", "7", "", "", "Jane"],
    ["a5", "2024-03-05", "8.125", "€ 5 ☕ 😀", "3", "Jane"],
]
# The rows that are sound, worked out by hand, and the line of the one that is not: the note of a2 takes two.
SOUND = [
    ("a1", 2, Decimal("0.5"), 'says "so, no; or\tyes|maybe"', 1),
    ("a2", 3, Decimal("12.25"), "two\nlines", 2),
    ("a4", 6, Decimal(7), None, None),
    ("a5", 7, Decimal("8.125"), "€ 5 ☕ 😀", 3),
]
REJECTED_LINE = 5


def written(
    rows: Sequence[Sequence[str]],
    separator: str = ",",
    line_end: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting).writerows(rows)
    return text.getvalue()


def shuffled(order: Sequence[int]) -> list[list[str]]:
    return [[row[place] for place in order] for row in [HEADER, *ROWS]]


WRITINGS: dict[str, bytes] = {
    "commas": written([HEADER, *ROWS]).encode(),
    "semicolons": written([HEADER, *ROWS], ";").encode(),
    "tabs": written([HEADER, *ROWS], "\t").encode(),
    "bars": written([HEADER, *ROWS], "|").encode(),
    "CR LF": written([HEADER, *ROWS], line_end="\r\n").encode(),
    "a byte order mark": written([HEADER, *ROWS], ";").encode("utf-8-sig"),
    "UTF-16, little end first": b"\xff\xfe" + written([HEADER, *ROWS], "\t", "\r\n").encode("utf-16-le"),
    "UTF-16, big end first": b"\xfe\xff" + written([HEADER, *ROWS]).encode("utf-16-be"),
    "all quoted": written([HEADER, *ROWS], ";", quoting=csv.QUOTE_ALL).encode(),
    "another order": written(shuffled([4, 0, 5, 3, 2, 1])).encode(),
    "blanks in the header": written([[f" {name} " for name in HEADER], *ROWS]).encode(),
    "another name": written([HEADER, *ROWS]).replace("Sent on", "Shipped on").encode(),
}


def check_parcels(outcome: Outcome, lines_before: int = 0) -> None:
    assert outcome.faults == []
    rows = outcome.rows.select("parcel_id", "delivery_line", "weight", "note", "pieces").rows()
    assert rows == [(one, line + lines_before, *rest) for one, line, *rest in SOUND]
    assert outcome.rejected.select("delivery_line", "column_name", "rule", "value").rows() == [
        (REJECTED_LINE + lines_before, "sent_on", "type", "2024-03-32")
    ]


@pytest.mark.parametrize("chunk_rows", [1, 1000])
@pytest.mark.parametrize("writing", WRITINGS)
def test_the_writing_changes_no_row(tmp_path: Path, writing: str, chunk_rows: int) -> None:
    outcome = parse_bytes(tmp_path, WRITINGS[writing], table=PARCELS, chunk_rows=chunk_rows)
    check_parcels(outcome)
    assert outcome.noted.filter(pl.col("kind") == "unknown_column").is_empty()


@pytest.mark.parametrize("writing", WRITINGS)
def test_packed_it_is_the_same(tmp_path: Path, writing: str) -> None:
    check_parcels(
        parse_bytes(tmp_path, gzip.compress(WRITINGS[writing], mtime=0), "a.csv.gz", PARCELS, chunk_rows=1)
    )


def test_unknown_columns_are_not_read_and_noted_with_the_rows_that_have_them(tmp_path: Path) -> None:
    rows = [
        ["Größe", "ann@post.example", "", *HEADER],
        *([f"x{n}", "secret", "y", *row] for n, row in enumerate(ROWS)),
    ]
    outcome = parse_bytes(tmp_path, written(rows, ";").encode(), table=PARCELS, chunk_rows=2)
    check_parcels(outcome)
    noted = outcome.noted.group_by("table_name", "column_name", "kind").agg(pl.col("row_count").sum())
    assert sorted(noted.rows()) == [
        ("parcels", "(no name)", "unknown_column", 5),
        ("parcels", "(not a name)", "unknown_column", 5),
        ("parcels", "Größe", "unknown_column", 5),
    ]
    assert "secret" not in str(outcome.rejected.rows())


def test_parquet_of_an_open_table_is_read_by_the_same_names(tmp_path: Path) -> None:
    columns = dict(zip(HEADER, zip(*ROWS, strict=True), strict=True))
    pl.DataFrame({"new": ["x"] * 5} | columns).write_parquet(tmp_path / "source.parquet")
    outcome = parse_bytes(tmp_path, (tmp_path / "source.parquet").read_bytes(), "a.parquet", PARCELS)
    assert outcome.rows["parcel_id"].to_list() == ["a1", "a2", "a4", "a5"]
    assert outcome.noted.select("column_name", "row_count").rows() == [("new", 5)]


@pytest.mark.parametrize("writing", ["commas", "UTF-16, little end first", "UTF-16, big end first"])
def test_the_original_of_a_row_is_found(tmp_path: Path, writing: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(WRITINGS[writing])
    (line,) = original_rows(export_file(path), [REJECTED_LINE], 2**30).to_list()
    assert re.split("[,\t]", line) == ROWS[2]


def test_rows_at_fault_count_as_rows_of_an_unknown_column(tmp_path: Path) -> None:
    data = written([[*HEADER, "new"], [*ROWS[0], "x"], ["a9"]]).encode()
    outcome = parse_bytes(tmp_path, data, table=PARCELS)
    assert outcome.noted["row_count"].to_list() == [2]
    assert outcome.rejected["rule"].to_list() == ["field_count"]


def test_nullable_columns_may_be_missing_from_an_open_table(tmp_path: Path) -> None:
    rows = [row[:3] for row in [HEADER, *ROWS]]
    outcome = parse_bytes(tmp_path, written(rows).encode(), table=PARCELS)
    assert outcome.rows.select("note", "pieces").null_count().row(0) == (4, 4)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            HEADER[1:],
            ("missing column: Parcel ID", "Parcel ID, Sent on, Weight (kg); and perhaps Note, pieces"),
        ),
        ([*HEADER, "Shipped on"], ("column given twice", "Sent on, Shipped on")),
        ([*HEADER, "Note"], ("column given twice", "Note, Note")),
        (["a", "b", "c", "d", "e", "f"], ("not a header of this table",)),
    ],
)
def test_a_header_that_does_not_do(tmp_path: Path, header: list[str], said: tuple[str, ...]) -> None:
    for separator in ",;\t|":
        (fault,) = parse_bytes(tmp_path, written([header], separator).encode(), table=PARCELS).faults
        assert fault.reason == "header"
        assert [part for part in said if part not in str(fault.error)] == []


@pytest.mark.parametrize("chunk_rows", [1, 1000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_titles_may_stand_before_the_header_of_an_open_table(
    tmp_path: Path, encoding: str, chunk_rows: int
) -> None:
    before = 'Parcels; a "report\n"1 March, 2024 - 5 March, 2024"\n\nNote;pieces\n'
    for separator in ",;\t|":
        data = (before + written([HEADER, *ROWS], separator)).encode(encoding)
        check_parcels(parse_bytes(tmp_path, data, table=PARCELS, chunk_rows=chunk_rows), lines_before=4)


def test_a_fault_of_a_header_below_titles_names_its_line(tmp_path: Path) -> None:
    data = ("Parcels\n\n" + written([HEADER[:2], ["a1", "2024-03-01"]])).encode()
    (fault,) = parse_bytes(tmp_path, data, table=PARCELS).faults
    assert (fault.error.line, fault.error.message) == (3, "missing column: Weight (kg)")


def test_the_header_is_not_looked_for_beyond_twenty_lines(tmp_path: Path) -> None:
    for before, faults in ((19, 0), (20, 1)):
        data = ("title\n" * before + written([HEADER, *ROWS])).encode()
        assert len(parse_bytes(tmp_path, data, table=PARCELS).faults) == faults


@pytest.mark.parametrize("table", FEEDS.values(), ids=FEEDS)
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_feed_is_the_same_with_another_separator(tmp_path: Path, table: Table, separator: str) -> None:
    row = good_row(table)
    rows = [list(row), list(row.values()), ["x"], list(row.values())]
    first, second = (
        parse_bytes(tmp_path, written(rows, mark).encode(), table=table) for mark in (",", separator)
    )
    assert first.rows.height == 2
    assert first.rows.equals(second.rows)
    assert first.rejected.equals(second.rejected)


def test_a_feed_stays_strict(tmp_path: Path) -> None:
    header, values = list(LINE), list(LINE.values())
    for rows, said in (
        ([[*header, "extra"], [*values, "x"]], "unknown column"),
        ([["title"], header, values], "not a header of this table"),
        ([[*header, ""], [*values, ""]], "field 10 of 10 is empty: a semicolon ends the line"),
    ):
        (fault,) = parse_bytes(tmp_path, written(rows, ";").encode()).faults
        assert said in str(fault.error)


def test_an_address_has_the_name_that_an_open_table_gives_it(tmp_path: Path) -> None:
    email = Column("email_hash", "text", "hash", "Address.", nullable=True, is_email=True, at="Mail")
    table = replace(PARCELS, columns=(*PARCELS.columns, email))
    rows = [[*row, "ann@post.example"] for row in ROWS]
    plain = parse_bytes(tmp_path, written([[*HEADER, "Mail"], *rows]).encode(), table=table)
    assert plain.rows["email_hash"].str.contains("^[0-9a-f]{64}$").all()
    other = parse_bytes(tmp_path, written([[*HEADER, "email"], *rows]).encode(), table=table)
    assert other.rows["email_hash"].null_count() == 4
    assert other.noted["column_name"].unique().to_list() == ["email"]


def test_half_a_character_of_utf_16_rejects_its_row(tmp_path: Path) -> None:
    row = ",".join(LINE.values())
    lines = [",".join(LINE), row, row.replace("p1", "p\ud800"), row, ""]
    data = b"\xff\xfe" + "\n".join(lines).encode("utf-16-le", "surrogatepass")
    outcome = parse_bytes(tmp_path, data, table=LINES)
    assert outcome.rows["delivery_line"].to_list() == [2, 4]
    assert outcome.rejected.select("delivery_line", "rule").rows() == [(3, "encoding")]
