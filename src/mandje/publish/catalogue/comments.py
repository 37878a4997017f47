"""Descriptions as comments of the catalogue, where every client of DuckDB shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import duckdb

from mandje.system.literals import quoted, text_literal


def describe(
    con: duckdb.DuckDBPyConnection,
    kind: Literal["TABLE", "VIEW"],
    target: str,
    description: str,
    columns: Mapping[str, str],
) -> None:
    """Comment on a table or view (`target` as SQL names it) and on its columns, by name."""
    con.execute(f"COMMENT ON {kind} {target} IS {text_literal(description)}")
    for name, text in columns.items():
        con.execute(f"COMMENT ON COLUMN {target}.{quoted(name)} IS {text_literal(text)}")
