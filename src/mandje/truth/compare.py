"""All of a published snapshot beside the truth of its shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.evidence import Reconciliation
from mandje.ingest.rejects import rejected_rows
from mandje.publish.shelf import current_snapshot
from mandje.settings import Shop
from mandje.truth.behaviour import compare_behaviour
from mandje.truth.cells import Compared
from mandje.truth.classes import classes
from mandje.truth.counts import compare_deliveries, compare_rejected, compare_row_outcomes
from mandje.truth.facts import compare_facts
from mandje.truth.figures import compare_customers, compare_days, compare_orders
from mandje.truth.files import Truth
from mandje.warehouse.marker import read_marker


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    `classes`: planted defects by class, see `truth.classes`. `parts`: the tables compared.
    `money_faults`: where delivered money and its destinations differ.
    """

    classes: pl.DataFrame
    parts: tuple[Compared, ...]
    money_faults: tuple[str, ...]

    @property
    def figures(self) -> int:
        """How many figures were compared."""
        return sum(part.figures for part in self.parts)

    @property
    def differences(self) -> pl.DataFrame:
        """Every figure that differs (see `truth.cells`)."""
        return pl.concat([part.differences for part in self.parts])

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs: no figure, no class of defects, no cent."""
        wrong = self.classes.filter((pl.col("missed") != 0) | (pl.col("extra") != 0))
        return self.differences.is_empty() and wrong.is_empty() and not self.money_faults

    def summary(self) -> pl.DataFrame:
        """compared, rows, figures, differences."""
        rows = [(part.table, part.rows, part.figures, part.differences.height) for part in self.parts]
        return pl.DataFrame(rows, schema=["compared", "rows", "figures", "differences"], orient="row")

    def rows_of(self, table: str) -> int:
        """How many rows of a table were compared."""
        return sum(part.rows for part in self.parts if part.table == table)

    def faults(self) -> Iterator[str]:
        """One line per difference: table, key, what is expected and found."""
        for row in self.differences.iter_rows(named=True):
            yield (
                f"{row['table']} {row['key']}, {row['column']}: "
                f"expected {row['expected']}, found {row['found']}"
            )
        yield from self.money_faults

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "classes": self.classes.to_dicts(),
            "compared": self.summary().to_dicts(),
            "figures": self.figures,
            "differences": json.loads(json.dumps(self.differences.to_dicts(), default=str)),
            "money_faults": list(self.money_faults),
            "is_equal": self.is_equal,
        }


def compare(shop: Shop, truth: Truth, books: Reconciliation) -> Comparison:
    """Compare everything that is counted; `books` are the shop's accounts.

    Raises:
        MandjeError: the snapshot or the warehouse stands at another day than the truth.
    """
    _check_day(shop, truth)
    rejected = rejected_rows(shop)
    rows, row_cells = compare_row_outcomes(shop, truth, rejected)
    deliveries, delivery_cells = compare_deliveries(shop, truth)
    parts = (
        rows,
        deliveries,
        compare_rejected(truth, rejected),
        compare_days(shop, truth),
        compare_orders(shop, truth),
        compare_customers(shop, truth),
        *compare_facts(shop, truth),
        *compare_behaviour(shop, truth),
    )
    cells = pl.concat([row_cells, delivery_cells])
    return Comparison(classes(truth, cells), parts, tuple(books.faults()))


def stands_at(shop: Shop) -> date | None:
    """The day of the current snapshot, where the warehouse was built whole for the same day; else None."""
    snapshot, marker = current_snapshot(shop), read_marker(shop)
    day = date.fromisoformat(snapshot.name[:10]) if snapshot else None
    return day if marker and marker.complete and marker.as_of_date == day else None


def _check_day(shop: Shop, truth: Truth) -> None:
    day = stands_at(shop)
    if day != truth.as_of_date:
        raise MandjeError(
            "what is published stands at another day than the truth",
            found=str(day or "no whole build that is published"),
            expected=str(truth.as_of_date),
            next_step="run the nights first: `mandje run SHOP`",
        )
