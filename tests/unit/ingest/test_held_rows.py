"""Rows that wait come with their document, or with the rows that they lie within."""

from __future__ import annotations

import polars as pl

from mandje.contracts.types import Column, Table
from mandje.ingest.held_rows import HeldRows

ORDER, MEMO = Column("order_id", "text", "id", "Order."), Column("memo_id", "text", "id", "Memo.")
TABLES = {
    "orders": Table("orders", "", (ORDER,), document="order_id"),
    "lines": Table("lines", "", (ORDER,), document="order_id"),
    "memos": Table("memos", "", (MEMO, ORDER), document="memo_id", within=("order_id", "orders")),
    "memo_lines": Table("memo_lines", "", (MEMO,), document="memo_id", within=("memo_id", "memos")),
    "people": Table("people", "", ()),
}


def test_what_lies_within_an_order_comes_with_it_whatever_numbers_are_alike() -> None:
    held = HeldRows(TABLES)
    held.add({"memo_lines": pl.DataFrame({"memo_id": ["1", "2", "2", "9"]})})
    held.add({"memos": pl.DataFrame({"memo_id": ["1", "2"], "order_id": ["2", "1"]})})
    held.add({"lines": pl.DataFrame({"order_id": ["1", "2", "3"]})})
    assert all(rows.is_empty() for rows in held.take({"people": pl.DataFrame({"x": ["1"]})}).values())
    taken = held.take({"orders": pl.DataFrame({"order_id": ["1"]})})
    assert {name: rows.rows() for name, rows in taken.items()} == {
        "lines": [("1",)],
        "memos": [("2", "1")],
        "memo_lines": [("2",), ("2",)],
    }
    assert {name: rows.rows() for name, rows in held.rest().items()} == {
        "lines": [("2",), ("3",)],
        "memos": [("1", "2")],
        "memo_lines": [("1",), ("9",)],
    }
