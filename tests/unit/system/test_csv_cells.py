"""No cell of a CSV that Mandje writes is one that a spreadsheet runs; read back, nothing else has changed."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandje.system.csv_cells import write_csv

MARKS = "=+-@\t\r"


def written(frame: pl.DataFrame) -> list[list[str]]:
    file = io.BytesIO()
    write_csv(frame, file)
    return list(csv.reader(io.StringIO(file.getvalue().decode(), newline="")))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+31",
        "-5",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "  =cmd",
        "\u00a0=cmd",
        " \t=x",
        "＝1",
        "\n=1",
        "\ufeff=1",
    ],
)
def test_a_text_that_would_run_is_marked(text: str) -> None:
    assert written(pl.DataFrame({"a": [text]})) == [["a"], ["'" + text]]


@pytest.mark.parametrize("text", ["a=b", "1-2", "x@y", "'=1", "a\tb", "", " a", "o'brien", "{=1}"])
def test_another_text_stays(text: str) -> None:
    assert written(pl.DataFrame({"a": [text], "b": ["x"]}))[1] == [text, "x"]


def test_numbers_and_days_are_no_texts() -> None:
    frame = pl.DataFrame({"n": [-5], "d": [Decimal("-1.50")], "f": [-0.5], "t": ["-5"], "e": [None]})
    assert written(frame)[1] == ["-5", "-1.50", "-0.5", "'-5", ""]


def test_names_of_columns_and_what_is_no_single_value() -> None:
    frame = pl.DataFrame({"=a": [1], "b": [["=x"]], "c": [{"k": "v"}], "d": [b"=x"]})
    assert written(frame) == [["'=a", "b", "c", "d"], ["1", "['=x']", "{'k': 'v'}", "b'=x'"]]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_any_text_comes_back_but_for_the_mark(texts: list[str]) -> None:
    cells = [row[0] for row in written(pl.DataFrame({"a": texts, "b": ["x"] * len(texts)}))[1:]]
    for text, cell in zip(texts, cells, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert cell.lstrip(" \u00a0")[:1] not in set(MARKS)
