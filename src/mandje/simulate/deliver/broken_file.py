"""A file as it is delivered: its rows, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Breakage = Literal["truncated", "header", "zero_bytes"]

# What the pipeline must say of a file that cannot be read.
REFUSALS: dict[Breakage, str] = {
    "truncated": "unreadable",
    "header": "header",
    "zero_bytes": "empty_file",
}
# Stands for a byte that is no UTF-8 in `damage_text`.
BROKEN_BYTE = "\ue000"
# Beside the feed's columns and `delivery_day`, `outcome`, `defect`: the cell of a row that holds something
# else than its typed value, and what it holds (null: nothing).
DAMAGE = {"damage_column": pl.String(), "damage_text": pl.String()}


@dataclass(frozen=True, slots=True)
class PlantedDelivery:
    """A delivery broken on purpose, told once its rows came again.

    `day` is the delivery that is broken, `outcome` what becomes of it (for `files_delivered_twice`: of its
    rows), `row_count` how many rows it concerns, `again_day` the delivery that brings them again.
    """

    defect: str
    day: int
    outcome: str
    row_count: int
    again_day: int


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """One file of a delivery, broken or not.

    `name_suffix` is put behind the feed's name: the date of the delivery that comes again, "" for the file
    of the day itself. `rows` is a delivered frame with the columns DAMAGE, in the order of the file.
    `planted` tells of broken deliveries whose rows come with this file.
    """

    name_suffix: str
    rows: pl.DataFrame
    breakage: Breakage | None = None
    planted: tuple[PlantedDelivery, ...] = ()
