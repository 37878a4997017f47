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
        documents = pl.concat(
            [pl.Series("document", [], pl.String)]
            + [rows[name][str(self._tables[name].document)].alias("document") for name in rows]
        ).implode()
        taken: Tables = {}
        for name, held in self._rows.items():
            is_of_chunk = pl.col(str(self._tables[name].document)).is_in(documents)
            taken[name] = held.filter(is_of_chunk)
            self._rows[name] = held.filter(~is_of_chunk.fill_null(value=False))
        return taken

    def rest(self) -> Tables:
        """Rows whose document was in no chunk."""
        return {name: held for name, held in self._rows.items() if held.height}
