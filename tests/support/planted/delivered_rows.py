"""Rows that a shop was delivered from a day on, to be taken out or changed; all else stays byte for byte.

Text is read as latin-1: whatever bytes a damaged row holds, they are written back as they were.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import duckdb
import polars as pl

_BYTES = "latin-1"
# Feeds whose rows name an order. Visits are Parquet and are told apart by their column.
OF_ORDERS = (
    "orders", "order_lines", "returns", "adjustments", "payments", "fulfilments", "service_contacts",
)  # fmt: skip


def files_from(exports: Path, feed: str, first: date) -> list[Path]:
    """Files of the feed's deliveries of this day and later, in their order."""
    folders = sorted(one for one in (exports / feed).iterdir() if one.name >= first.isoformat())
    return [file for folder in folders for file in sorted(folder.iterdir())]


def events_from(exports: Path, first: date) -> pl.DataFrame:
    """Visits delivered from this day on."""
    return pl.concat(pl.read_parquet(file) for file in files_from(exports, "session_events", first))


def rows_from(exports: Path, feed: str, first: date) -> pl.DataFrame:
    """Rows of a csv feed as text, empty is null; of a row that was delivered again, each version."""
    frames = [_csv(text) for _, text in _texts(exports, feed, first)]
    return pl.concat(frames, how="diagonal")


def take_out(exports: Path, first: date, orders: pl.Series) -> None:
    """Take orders out as if nobody had placed them: every row that names one, purchase events too."""
    for feed in OF_ORDERS:
        change_lines(exports, feed, first, lambda lines: lines.filter(~_names_any(lines, orders)))
    change_events(exports, first, lambda events: events.filter(~_is_of(orders)))


def change_lines(exports: Path, feed: str, first: date, change: Callable[[pl.Series], pl.Series]) -> None:
    """Change the lines of each text file of a feed; the header of a csv is among them."""
    for file, text in _texts(exports, feed, first):
        lines = pl.Series("line", text.split("\n"), dtype=pl.String)
        _put(file, text, "\n".join(change(lines)))


def change_rows(
    exports: Path, feed: str, first: date, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    """Change the rows of each csv file of a feed; all columns are text, empty is null."""
    for file, text in _texts(exports, feed, first):
        _put(file, text, change(_csv(text)).write_csv())


def change_events(exports: Path, first: date, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change the visits of each delivery."""
    for file in files_from(exports, "session_events", first):
        events = pl.read_parquet(file)
        changed = change(events)
        if not changed.equals(events):
            changed.write_parquet(file, compression="zstd")


def add_lines(exports: Path, feed: str, day: date, name: str, rows: pl.DataFrame) -> None:
    """Add rows to a day's jsonl delivery, as a file of their own."""
    folder = exports / feed / day.isoformat()
    folder.mkdir(exist_ok=True)
    rows.write_ndjson(folder / name)


def take_away(exports: Path, feed: str, day: date) -> None:
    """The feed's delivery of this day never came."""
    shutil.rmtree(exports / feed / day.isoformat())


def chosen(ids: pl.Series, ratio: float) -> pl.Series:
    """About this ratio of the ids: the same on every machine, and those of a smaller ratio among them."""
    frame = pl.DataFrame({"id": ids.unique(maintain_order=True)})
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        kept = connection.execute(
            "select id from frame where md5_number(id) % 10000 < ? order by id", [round(ratio * 10_000)]
        ).fetchall()
    return pl.Series("id", [one for (one,) in kept], dtype=pl.String)


def _names_any(lines: pl.Series, ids: pl.Series) -> pl.Series:
    """Ids of one width: none is a part of another."""
    return lines.str.contains_any(ids.to_list())


def _is_of(orders: pl.Series) -> pl.Expr:
    return pl.col("order_id").is_in(orders.implode()).fill_null(value=False)


def _texts(exports: Path, feed: str, first: date) -> Iterator[tuple[Path, str]]:
    """Files that can be read: an archive cut short stays as it was delivered."""
    for file in files_from(exports, feed, first):
        content = file.read_bytes()
        try:
            content = gzip.decompress(content) if file.suffix == ".gz" else content
        except EOFError:
            continue
        if content:
            yield file, content.decode(_BYTES)


def _csv(text: str) -> pl.DataFrame:
    return pl.read_csv(StringIO(text), infer_schema=False, truncate_ragged_lines=True)


def _put(file: Path, before: str, after: str) -> None:
    if after == before:
        return
    content = after.encode(_BYTES)
    file.write_bytes(gzip.compress(content, mtime=0) if file.suffix == ".gz" else content)
