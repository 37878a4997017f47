"""The written truth of a simulated shop: `truth/<name>.parquet`, grown block by block, and `truth.json`.

The same frames in the same order give the same bytes: one row group per append, fixed writer settings, no
clock and no machine in the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from mandje.simulate.defects.nights.classes import last_night
from mandje.simulate.world.sites import ALL_SITES

TRUTH = "truth"
SUMMARY = "truth.json"

# What the comparison with a published snapshot reads; a simulation may write further files.
CUSTOMERS = "customers"
PURCHASES = "purchases"
ALIVE = "alive"
ORDERS = "orders"
HANDLING = "handling"
DAILY_KPIS = "daily_kpis"
SESSIONS = "sessions"
CARTS = "carts"
VISITORS = "visitors"
DAILY_VISITS = "daily_visits"
# Only where one is planted.
SEASON = "season"
AFFINITIES = "affinities"
CONSUMABLES = "consumables"
TASTES = "tastes"
MESSAGE_EFFECTS = "message_effects"
PREVENTED = "prevented_orders"
UPLIFT = "uplift"
CONSENTS = "consents"
EXPERIMENTS = "experiments"
ROW_OUTCOMES = "row_outcomes"
DELIVERY_OUTCOMES = "delivery_outcomes"
DEFECTS = "defects"


class TruthWriter:
    """Writes truth into a private folder that its caller puts in place, exports and truth together.

    A file's columns are fixed by its first append. Memory does not grow with what was appended.

    Attributes:
        row_counts: rows appended so far, by file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.row_counts: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def append(self, name: str, frame: pl.DataFrame) -> None:
        """Append rows to `<name>.parquet`, as one row group; a frame without rows only makes the file.

        Raises:
            ValueError: columns or types differ from the first append.
        """
        table = _plain(frame).to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self._writers:
            self._writers[name] = _writer(self._folder / f"{name}.parquet", table.schema)
            self.row_counts[name] = 0
        if table.num_rows:
            self._writers[name].write_table(table, row_group_size=table.num_rows)
        self.row_counts[name] += table.num_rows

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Close the files and write `truth.json`.

        It holds the summary; `files`: rows of each; `sha256`: digest of each; `defects`: planted rows by
        class and outcome (of a delivery as a whole: the rows that it concerns); `last_night`: what must
        become of it; `totals`: every figure of the days, over all sites.
        """
        for writer in self._writers.values():
            writer.close()
        digests = {name: _digest(self._folder / f"{name}.parquet") for name in self.row_counts}
        content = {**summary, "files": self.row_counts, "sha256": digests}
        if DEFECTS in self.row_counts:
            defects = _read(self._folder / f"{DEFECTS}.parquet")
            content |= {"defects": planted_rows(defects), "last_night": told_of_last_night(defects)}
        if DAILY_KPIS in self.row_counts:
            content["totals"] = totals_of(_read(self._folder / f"{DAILY_KPIS}.parquet"))
        text = json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=True)
        (self._folder / SUMMARY).write_text(text + "\n", encoding="ascii")


def planted_rows(defects: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Rows by class and outcome, as `truth.json` tells them."""
    rows = defects.group_by("class", "outcome").agg(pl.col("row_count").sum())
    planted: dict[str, dict[str, int]] = {name: {} for name in rows["class"]}
    for name, outcome, count in rows.iter_rows():
        planted[name][outcome] = count
    return planted


def told_of_last_night(defects: pl.DataFrame) -> dict[str, Any]:
    """What must become of the last night, as `truth.json` tells it; figures without their day."""
    night = last_night(defects)
    return {
        "outcome": night.outcome,
        "exit_code": int(night.exit_code),
        "holds": list(night.holds),
        "tells": list(night.tells),
    }


def totals_of(days: pl.DataFrame) -> dict[str, int | str]:
    """Sums over all days of all sites, as `truth.json` tells them; money as decimal text."""
    everywhere = days.filter(pl.col("site") == ALL_SITES).drop("site", "kpi_date")
    sums = everywhere.sum().row(0, named=True)
    return {name: value if isinstance(value, int) else str(value) for name, value in sums.items()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Text for enumerations: any engine reads it."""
    return frame.with_columns(
        pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if _is_enum(kind)
    )


def _is_enum(kind: pl.DataType) -> bool:
    return isinstance(kind, pl.Enum | pl.Categorical)


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=3, version="2.6")


def _read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, glob=False, hive_partitioning=False)
