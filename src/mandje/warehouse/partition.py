"""What the warehouse needs to know of a loaded delivery, and of one that is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol


class RawPartition(Protocol):
    """One loaded delivery: its folder holds `<feed>.parquet` per feed with rows, and rejected rows."""

    @property
    def source(self) -> str:
        """Folder under `exports/`."""

    @property
    def delivery_date(self) -> date:
        """Name of the delivery."""

    @property
    def sha256(self) -> str:
        """Of the delivery's bytes."""

    @property
    def rules(self) -> str:
        """Fingerprint of all that decided on its rows besides the bytes."""

    @property
    def folder(self) -> Path:
        """`raw/<source>/<delivery date>/<sha256-12>/`."""

    @property
    def feeds(self) -> dict[str, int]:
        """Rows per feed that has any."""

    @property
    def rejected_rows(self) -> int:
        """Rows of `rejected.parquet`."""


class MissingDelivery(Protocol):
    """A day whose expected delivery is not loaded, for one feed of its source."""

    @property
    def source(self) -> str:
        """Folder under `exports/`."""

    @property
    def feed(self) -> str:
        """Feed that the delivery would have brought rows of."""

    @property
    def delivery_date(self) -> date:
        """Day on the shop's clock that nobody told of."""
