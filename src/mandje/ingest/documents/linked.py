"""Documents that are spread over lines: each line names its parent's id, and ids name the type of a line.

Shopify's bulk export is such a file. A child may stand anywhere, before its parent too.
"""

from __future__ import annotations

from collections.abc import Sequence

from mandje.contracts.types import Table
from mandje.ingest.documents.paths import path_of, value_sql

# `gid://shopify/Order/5001` is an Order.
TYPE_SQL = "split_part({}.id, '/', 4)"


def linked_sql(table: Table) -> str:
    """Rows of a table of linked lines in their order; a parent that is not there leaves nulls.

    `o0` is the line itself, `o1` its parent, `o2` that one's. Of two lines with one id the last is meant.
    """
    assert table.part is not None  # noqa: S101 - for the type checker: the caller looked
    types, link = table.part.path.split("/"), table.part.linked_by
    values = [
        f'{value_sql(f"o{path_of(column).above}.doc", column)} AS "{column.name}"' for column in table.columns
    ]
    joins = [
        f"LEFT JOIN (SELECT * FROM documents WHERE {TYPE_SQL.format('doc')} = '{kind}' "
        f"QUALIFY row_number() OVER (PARTITION BY delivery, doc.id ORDER BY place DESC) = 1) AS o{above} "
        f'ON o{above}.delivery = o{above - 1}.delivery AND o{above}.doc.id = o{above - 1}.doc."{link}"'
        for above, kind in enumerate(reversed(types[:-1]), start=1)
    ]
    return (
        f"SELECT o0.place, CAST(NULL AS VARCHAR) AS delivery_part, {', '.join(values)} "
        f"FROM documents AS o0 {' '.join(joins)} "
        f"WHERE {TYPE_SQL.format('o0.doc')} = '{types[-1]}'"
    )


def types_of(tables: Sequence[Table]) -> list[str]:
    """Types of the lines that tables are made of; empty where documents are not spread over lines."""
    parts = [table.part for table in tables if table.part is not None and table.part.linked_by is not None]
    return list(dict.fromkeys(kind for part in parts for kind in part.path.split("/")))
