"""Views of a snapshot: public ones from their own SQL, and short names in `main`."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter

import duckdb

from mandje.publish.catalogue.comments import describe
from mandje.publish.catalogue.public_table import PublicTable
from mandje.system.literals import quoted


def write_views(con: duckdb.DuckDBPyConnection, tables: Sequence[PublicTable]) -> None:
    """Make the public views in the current database, each after those that it reads."""
    made = {f"{table.schema}.{table.name}": (table, table.view) for table in tables if table.view}
    reads = {name: sorted(view.reads & made.keys()) for name, (_, view) in made.items()}
    for name in TopologicalSorter(reads).static_order():
        table, view = made[name]
        con.execute(view.create)
        describe(con, "VIEW", table.qualified, table.description, table.descriptions)


def write_short_names(con: duckdb.DuckDBPyConnection, tables: Sequence[PublicTable]) -> None:
    """Show every public table in `main` of the current database too, where tools and people look first."""
    for table in tables:
        name = f"main.{quoted(table.name)}"
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM {table.qualified}")
        describe(con, "VIEW", name, table.description, table.descriptions)
