"""A public table: its columns, what they mean, and how a snapshot keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from mandje.publish.catalogue.view_sql import ViewSql
from mandje.system.literals import quoted


@dataclass(frozen=True, slots=True)
class PublicColumn:
    """A column as it is built: SQL type, description from the catalogue's comment ('' where it has none)."""

    name: str
    type: str
    is_nullable: bool
    description: str


@dataclass(frozen=True, slots=True)
class PublicTable:
    """A table of the working database that the snapshot will hold.

    `is_journal` is true where rows say what was said on which night. `date_column` is the column whose month
    names the Parquet folder; None for one file. `view` makes it where it stays a view; a view that reads what
    is not public becomes a table.
    """

    schema: str
    name: str
    description: str
    columns: tuple[PublicColumn, ...]
    is_journal: bool
    date_column: str | None
    view: ViewSql | None

    @property
    def qualified(self) -> str:
        """Schema and name, quoted for SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def is_state(self) -> bool:
        """True where rows of its own say how things stand: neither a journal nor a view of other tables."""
        return not self.is_journal and self.view is None

    @property
    def descriptions(self) -> dict[str, str]:
        """What each column says, by name."""
        return {column.name: column.description for column in self.columns}
