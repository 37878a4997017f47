"""What must become of every delivered row and delivery, counted as the files are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from mandje.contracts.feeds import FEEDS
from mandje.simulate.defects.classes import ROW_FEEDS
from mandje.simulate.defects.nights.classes import PlantedNight
from mandje.simulate.deliver.broken_file import REFUSALS, BrokenFile
from mandje.simulate.deliver.render import texts
from mandje.simulate.deliver.write import ENDINGS, file_name
from mandje.simulate.world.clock import Clock

ROW_OUTCOMES = {
    "feed": pl.String(),
    "delivery_date": pl.Date(),
    "outcome": pl.String(),
    "row_count": pl.Int64(),
}
DELIVERY_OUTCOMES = {"feed": pl.String(), "delivery_date": pl.Date(), "outcome": pl.String()}
DEFECTS = {
    "class": pl.String(),
    "feed": pl.String(),
    "delivery_date": pl.Date(),
    "file": pl.String(),
    "line": pl.Int64(),
    "key": pl.String(),
    "outcome": pl.String(),
    "row_count": pl.Int64(),
    "again_date": pl.Date(),
}


class OutcomeCounter:
    """Counts outcomes of rows and deliveries, and lists what was planted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: list[tuple[str, date, str, int]] = []
        self._deliveries: list[tuple[str, date, str]] = []
        self._defects = [pl.DataFrame(schema=DEFECTS)]

    def add(self, feed: str, day: int, files: Sequence[BrokenFile]) -> None:
        """Count the files of a day. Rows of a refused delivery are left out: they come again."""
        if not files:
            return
        named = (feed, self._clock.date_of(day))
        self._deliveries.append((*named, _delivery_outcome(files)))
        self._defects += [frame for file in files for frame in self._planted_deliveries(feed, file)]
        if any(file.breakage for file in files):
            return
        self._defects += [self._planted_rows(feed, day, file) for file in files if _is_planted(file.rows)]
        outcomes = pl.concat([file.rows["outcome"] for file in files]).value_counts()
        self._rows += [(*named, outcome, count) for outcome, count in outcomes.iter_rows()]

    def add_nights(self, planted: Iterable[PlantedNight]) -> None:
        """List what is planted of whole nights."""
        rows = [
            {
                "class": one.defect,
                "feed": one.feed,
                "delivery_date": self._clock.date_of(one.day),
                "file": file_name(one.feed) if one.has_file else None,
                "line": None,
                "key": one.key,
                "outcome": one.outcome,
                "row_count": one.row_count,
                "again_date": None if one.again_day is None else self._clock.date_of(one.again_day),
            }
            for one in planted
        ]
        self._defects.append(pl.DataFrame(rows, DEFECTS, orient="row"))

    def frames(self) -> dict[str, pl.DataFrame]:
        """`row_outcomes`, `delivery_outcomes` and `defects`, sorted.

        `row_outcomes`: rows by feed, delivery and outcome as the pipeline names it. `delivery_outcomes`: one
        of loaded, empty (no row), refused:<reason>, missing (no folder between the feed's first and last).
        `defects`: one row per planted instance; of a document, one for all its rows in a file. `line` is the
        (first) line in the file, header = 1 where there is one, Parquet as if it had one; `key` the columns
        of the key (of a document, its id), joined by "/". Of a broken delivery `row_count` is the rows
        concerned and `again_date` the delivery that brings them again.
        """
        return {
            "row_outcomes": _sorted(pl.DataFrame(self._rows, ROW_OUTCOMES, orient="row")),
            "delivery_outcomes": _sorted(self._delivery_frame()),
            "defects": _sorted(pl.concat(self._defects)),
        }

    def _planted_rows(self, feed: str, day: int, file: BrokenFile) -> pl.DataFrame:
        first = 1 if ENDINGS[feed].startswith(".jsonl") else 2
        rows = file.rows.with_row_index("line", first).filter(pl.col("defect").is_not_null())
        marks = rows.select(pl.col("defect").alias("class"), "outcome", pl.col("line").cast(pl.Int64))
        is_own = pl.col("class").is_in(list(ROW_FEEDS))
        listed = (
            marks.with_columns(_keys(feed, rows), pl.when(is_own).then("line").alias("instance"))
            .group_by("class", "key", "outcome", "instance", maintain_order=True)
            .agg(pl.col("line").first(), row_count=pl.len().cast(pl.Int64))
        )
        where = {
            "feed": pl.lit(feed),
            "delivery_date": pl.lit(self._clock.date_of(day)),
            "file": pl.lit(file_name(feed, file.name_suffix)),
            "again_date": pl.lit(None, pl.Date()),
        }
        return listed.with_columns(**where).select(DEFECTS.keys())

    def _planted_deliveries(self, feed: str, file: BrokenFile) -> list[pl.DataFrame]:
        return [
            pl.DataFrame(
                {
                    "class": planted.defect,
                    "feed": feed,
                    "delivery_date": self._clock.date_of(planted.day),
                    "file": None if planted.outcome == "missing" else file_name(feed),
                    "line": None,
                    "key": None,
                    "outcome": planted.outcome,
                    "row_count": planted.row_count,
                    "again_date": self._clock.date_of(planted.again_day),
                },
                DEFECTS,
            )
            for planted in file.planted
        ]

    def _delivery_frame(self) -> pl.DataFrame:
        """Deliveries, and days without one between the first and the last of a feed."""
        there = pl.DataFrame(self._deliveries, DELIVERY_OUTCOMES, orient="row")
        days = (
            there.group_by("feed", maintain_order=True)
            .agg(pl.date_range(pl.col("delivery_date").min(), pl.col("delivery_date").max()))
            .explode("delivery_date")
        )
        every = days.join(there, on=["feed", "delivery_date"], how="left", maintain_order="left")
        return every.with_columns(pl.col("outcome").fill_null("missing"))


def _is_planted(rows: pl.DataFrame) -> bool:
    return rows["defect"].null_count() < rows.height


def _delivery_outcome(files: Sequence[BrokenFile]) -> str:
    reasons = [REFUSALS[file.breakage] for file in files if file.breakage is not None]
    if reasons:
        return f"refused:{reasons[0]}"
    return "loaded" if any(file.rows.height for file in files) else "empty"


def _keys(feed: str, rows: pl.DataFrame) -> pl.Series:
    """Of a row planted here its key; of a row of a planted document the document."""
    cells = texts(rows, feed)
    key = cells.select(pl.concat_str(pl.col(FEEDS[feed].key).fill_null(""), separator="/")).to_series()
    document = FEEDS[feed].document
    whole = key if document is None else cells[document]
    return key.zip_with(rows["defect"].is_in(list(ROW_FEEDS)), whole).alias("key")


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns, nulls_last=True)
