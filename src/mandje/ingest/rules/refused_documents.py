"""Documents that an adapter refuses: their rows leave every table, rejected with the adapter's reason."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.adapters.feed_frames import with_money
from mandje.contracts.types import Table
from mandje.ingest.read.parsed import REJECTED_SCHEMA
from mandje.ingest.rules.rejected_rows import document_id

Tables = dict[str, pl.DataFrame]


def refuse_documents(
    rows: Tables, refused: pl.DataFrame, tables: Mapping[str, Table]
) -> tuple[Tables, pl.DataFrame]:
    """Rows of the other documents, and those of the refused ones in REJECTED_SCHEMA.

    `refused`: REFUSED_SCHEMA; of several reasons for one document the first is told.
    """
    if refused.is_empty():
        return rows, pl.DataFrame(schema=REJECTED_SCHEMA)
    once = refused.unique(("delivery_date", "document_id"), keep="first", maintain_order=True)
    parts = {name: _apart(frame, once, tables[name]) for name, frame in rows.items() if tables[name].document}
    kept = {name: parts[name][0] if name in parts else frame for name, frame in rows.items()}
    rejected = pl.concat([pl.DataFrame(schema=REJECTED_SCHEMA), *(part for _, part in parts.values())])
    return kept, rejected.sort("delivery_date", "delivery_file", "delivery_line", maintain_order=True)


def _apart(rows: pl.DataFrame, refused: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    here = [pl.col("delivery_date"), pl.lit(table.document_prefix) + pl.col(str(table.document))]
    there = [pl.col("delivery_date"), pl.col("document_id")]
    kept = rows.join(refused, left_on=here, right_on=there, how="anti", maintain_order="left")
    # A platform may have columns of these names: what it says there is not why the row is refused.
    bare = with_money(rows, table).drop("rule", "reason", strict=False)
    told = bare.join(refused, left_on=here, right_on=there, how="inner", maintain_order="left")
    nothing = pl.lit(None, pl.String)
    named = told.with_columns(
        document_id(table).alias("document_id"),
        pl.lit(table.name).alias("table_name"),
        nothing.alias("column_name"),
        nothing.alias("value"),
    )
    return kept, named.select(pl.col(name).cast(kind) for name, kind in REJECTED_SCHEMA.items())
