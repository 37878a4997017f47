"""All of a published snapshot beside the truth of its shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from mandje.errors import MandjeError
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.night.reconciliation import Reconciliation
from mandje.observe.records.nights import newest_night
from mandje.shop.settings import Shop
from mandje.simulate.defects.nights.classes import last_night
from mandje.simulate.truth_files import DEFECTS
from mandje.truth.behaviour.compare import compare_behaviour
from mandje.truth.classes import classes, loaded_classes
from mandje.truth.counts import (
    compare_deliveries,
    compare_rejected,
    compare_rejected_counts,
    compare_row_outcomes,
)
from mandje.truth.facts import compare_facts
from mandje.truth.figures import compare_customers, compare_days, compare_handling, compare_orders
from mandje.truth.nights import (
    NOT_RUN,
    PUBLISHED,
    compare_last_night,
    compare_late_days,
    outcome_of_night,
    stands_at,
)
from mandje.truth.tables.cells import Compared
from mandje.truth.tables.files import Truth


@dataclass(frozen=True)
class Comparison:
    """What came of it.

    `night` is the last one, `outcome` what became of it (see `truth.nights`). `has_figures`: it must be
    published, and is; else no figure of a snapshot is compared. `classes`: planted defects by class, see
    `truth.classes`. `parts`: the tables compared. `money_faults`: where delivered money and its destinations
    differ.
    """

    night: date
    outcome: str
    has_figures: bool

    classes: pl.DataFrame
    parts: tuple[Compared, ...]
    money_faults: tuple[str, ...]

    @property
    def figures(self) -> int:
        """How many figures were compared."""
        return sum(part.figures for part in self.parts)

    @property
    def differences(self) -> pl.DataFrame:
        """Every figure that differs (see `truth.tables.cells`)."""
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
            "last_night": {"date": self.night.isoformat(), "outcome": self.outcome},
            "classes": self.classes.to_dicts(),
            "compared": self.summary().to_dicts(),
            "figures": self.figures,
            "differences": json.loads(json.dumps(self.differences.to_dicts(), default=str)),
            "money_faults": list(self.money_faults),
            "is_equal": self.is_equal,
        }


def compare(shop: Shop, truth: Truth, books: Reconciliation) -> Comparison:
    """Compare everything that is counted; `books` are the shop's accounts.

    Of a night that is not published, or must not be, only what became of it and of loaded deliveries.

    Raises:
        MandjeError: the last night did not run, or another stands in its place.
    """
    outcome = outcome_of_night(shop, truth.as_of_date)
    if outcome == NOT_RUN:
        raise _other_day(shop, truth)
    night, night_cells = compare_last_night(shop, truth)
    until = min(truth.as_of_date, newest_night(shop) or date.min)
    rejected = rejected_rows(shop)
    deliveries, delivery_cells = compare_deliveries(shop, truth, until)
    parts = [night, deliveries, compare_rejected(truth, rejected, until)]
    has_figures = outcome == PUBLISHED == last_night(truth.frame(DEFECTS)).outcome
    if has_figures:
        rows, row_cells = compare_row_outcomes(shop, truth, rejected)
        table = classes(truth, pl.concat([row_cells, delivery_cells, night_cells]))
        parts = [rows, *parts, *_figures(shop, truth)]
    else:
        row_cells = compare_rejected_counts(truth, rejected, until)
        table = loaded_classes(truth, pl.concat([row_cells, delivery_cells, night_cells]), until)
    faults = tuple(books.faults())
    return Comparison(truth.as_of_date, outcome, has_figures, table, tuple(parts), faults)


def _figures(shop: Shop, truth: Truth) -> Iterator[Compared]:
    """What the snapshot shows."""
    yield from compare_late_days(shop, truth)
    yield compare_days(shop, truth)
    yield compare_orders(shop, truth)
    yield compare_handling(shop, truth)
    yield compare_customers(shop, truth)
    yield from compare_facts(shop, truth)
    yield from compare_behaviour(shop, truth)


def _other_day(shop: Shop, truth: Truth) -> MandjeError:
    return MandjeError(
        "what is published stands at another day than the truth",
        found=str(stands_at(shop) or "no whole build that is published"),
        expected=str(truth.as_of_date),
        next_step="run the nights first: `mandje run SHOP`",
    )
