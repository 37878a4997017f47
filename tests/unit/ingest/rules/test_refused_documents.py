"""Rows of documents that an adapter refuses say why, whatever columns they have themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.contracts.types import Column, Table
from mandje.ingest.rules.refused_documents import refuse_documents

DAY = date(2026, 3, 5)
SALES = Table(
    "sales",
    "One row per sale.",
    (
        Column("order_id", "text", "id", "Order."),
        Column("reason", "text", "text", "Why it was agreed."),
        Column("rule", "text", "text", "By which rule of the shop."),
    ),
    document="order_id",
)


def test_a_column_of_the_row_does_not_stand_for_why_it_is_refused() -> None:
    rows = pl.DataFrame(
        {name: [None, None] for name in SALES.polars_schema()}
        | {"delivery_date": [DAY, DAY], "order_id": ["7", "8"], "reason": "ORDER", "rule": "gift"},
        schema=SALES.polars_schema(),
    )
    refused = pl.DataFrame([(DAY, "7", "does_not_tie", "1.00 too much")], REFUSED_SCHEMA, orient="row")
    kept, rejected = refuse_documents({"sales": rows}, refused, {"sales": SALES})
    assert kept["sales"]["order_id"].to_list() == ["8"]
    assert rejected.select("rule", "reason").rows() == [("does_not_tie", "1.00 too much")]


def test_documents_that_number_alike_are_told_apart_by_what_goes_before() -> None:
    refunds = replace(SALES, name="refunds", document_prefix="refund ")
    rows = pl.DataFrame(
        {name: [None] for name in SALES.polars_schema()} | {"delivery_date": [DAY], "order_id": ["7"]},
        schema=SALES.polars_schema(),
    )
    refused = pl.DataFrame([(DAY, "refund 7", "does_not_tie", "1.00")], REFUSED_SCHEMA, orient="row")
    given = {"sales": rows, "refunds": rows}
    kept, rejected = refuse_documents(given, refused, {"sales": SALES, "refunds": refunds})
    assert (kept["sales"].height, kept["refunds"].height) == (1, 0)
    assert rejected.select("table_name", "document_id").rows() == [("refunds", "refund 7")]
