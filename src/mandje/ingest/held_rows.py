"""Rows that wait for their document while a big delivery is read chunk by chunk: refunds, for their order."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from mandje.contracts.types import Table

Tables = dict[str, pl.DataFrame]


class HeldRows:
    """Rows by table, given out with the chunk that holds their document, or at the end."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = tables
        self._rows: Tables = {}

    def add(self, rows: Tables) -> None:
        """Keep the rows of a chunk."""
        for name, frame in rows.items():
            held = self._rows.get(name)
            self._rows[name] = frame if held is None else pl.concat([held, frame])

    def take(self, rows: Tables) -> Tables:
        """Rows held for documents of a chunk; each is given out once."""
        taken: Tables = {}
        for name in (name for name in self._tables if name in self._rows):
            held = self._rows[name]
            is_of_chunk = self._is_of(name, rows, taken)
            taken[name] = held.filter(is_of_chunk)
            self._rows[name] = held.filter(~is_of_chunk.fill_null(value=False))
        return taken

    def rest(self) -> Tables:
        """Rows whose document was in no chunk."""
        return {name: held for name, held in self._rows.items() if held.height}

    def _is_of(self, name: str, rows: Tables, taken: Tables) -> pl.Expr:
        """Whether rows of a table belong to a document of the chunk, or lie within rows that were taken."""
        table = self._tables[name]
        column, others = str(table.document), rows
        if table.within is not None:
            column, above = table.within
            others = {other: frame for other, frame in (rows | taken).items() if other == above}
        documents = [
            frame[document].alias("document")
            for other, frame in others.items()
            if (document := self._tables[other].document) is not None
        ]
        return pl.col(column).is_in(pl.concat([_NONE, *documents]).implode())


_NONE = pl.Series("document", [], pl.String)
