from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from deliver_support import delivered

from mandje.simulate.deliver.assemble import ROW_ORDER, Written, write_exports
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.deliver.spill import Spill
from mandje.simulate.deliver.write import ENDINGS, file_name
from mandje.simulate.world.clock import Clock

DAYS = 200
CLOCK = Clock(date(2024, 1, 1), DAYS, ("Europe/Amsterdam",), "Europe/Amsterdam")


class AsItIs:
    """No defects: a file on every day but each tenth; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, pl.DataFrame]] = []

    def files(self, day: int, rows: pl.DataFrame) -> list[BrokenFile]:
        self.asked.append((day, rows))
        return [] if day % 10 == 9 else [BrokenFile("", rows)]


class Seen:
    def __init__(self) -> None:
        self.days: list[tuple[str, int, int]] = []

    def add(self, feed: str, day: int, files: list[BrokenFile]) -> None:
        self.days.append((feed, day, len(files)))


def _block(feed: str, number: int, size: int = 400) -> pl.DataFrame:
    chance = np.random.default_rng(number)
    key = ROW_ORDER[feed][-1]
    return delivered(feed, size).with_columns(
        delivery_day=pl.Series(chance.integers(0, DAYS, size), dtype=pl.Int32),
        **{key: pl.Series(chance.permutation(size) + number * size)},
    )


def _spill(folder: Path, customers: int, feed: str = "orders") -> Spill:
    spill = Spill(folder, customers, DAYS)
    for number in range(3):
        spill.append(feed, _block(feed, number))
    return spill


def _write(folder: Path, customers: int, feed: str = "orders") -> tuple[AsItIs, Seen, Written]:
    breaker, seen = AsItIs(), Seen()
    spill = _spill(folder / "spill", customers, feed)
    written = write_exports(spill, folder / "exports", CLOCK, ({feed: breaker}, seen), lambda *_: None)
    return breaker, seen, written


@pytest.mark.parametrize("customers", [1, 500_000, 10**9])
def test_spans_are_all_days_once(customers: int, tmp_path: Path) -> None:
    days = [day for span in Spill(tmp_path, customers, DAYS).spans() for day in range(span.first, span.end)]
    assert days == list(range(DAYS))


def test_what_waits_comes_back_once_and_leaves_the_disk(tmp_path: Path) -> None:
    spill = _spill(tmp_path, 500_000)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.arrows")) > 0
    back = pl.concat([spill.take("orders", span) for span in spill.spans()])
    wanted = pl.concat([_block("orders", number) for number in range(3)])
    assert back.sort("order_id").equals(wanted.sort("order_id"))
    assert list(tmp_path.rglob("*.arrows")) == []
    assert spill.take("orders", spill.spans()[0]).equals(wanted.clear())


@pytest.mark.parametrize("day", [-1, DAYS, None])
def test_a_row_of_a_day_that_is_never_delivered_is_a_fault(day: int | None, tmp_path: Path) -> None:
    rows = delivered("orders").with_columns(delivery_day=pl.lit(day, pl.Int32))
    with pytest.raises(ValueError, match="never delivered"):
        Spill(tmp_path, 10, DAYS).append("orders", rows)


def test_every_day_is_asked_for_in_order_with_just_its_rows_sorted(tmp_path: Path) -> None:
    breaker, seen, written = _write(tmp_path, 500_000)
    assert [day for day, _ in breaker.asked] == list(range(DAYS))
    assert all((rows["delivery_day"] == day).all() for day, rows in breaker.asked)
    assert all(rows.equals(rows.sort("updated_at", "order_id")) for _, rows in breaker.asked)
    assert sum(rows.height for _, rows in breaker.asked) == 1200
    assert seen.days == [("orders", day, int(day % 10 != 9)) for day in range(DAYS)]
    paths = list((tmp_path / "exports").rglob("*.csv.gz"))
    assert sorted(path.parent.name for path in paths) == [
        CLOCK.date_of(day).isoformat() for day in range(DAYS) if day % 10 != 9
    ]
    assert (written.delivery_count, written.file_count) == (180, 180)
    assert written.byte_count == sum(path.stat().st_size for path in paths)
    assert written.row_counts == {"orders": sum(r.height for day, r in breaker.asked if day % 10 != 9)}


def test_bytes_do_not_depend_on_how_much_memory_holds(tmp_path: Path) -> None:
    trees = []
    for customers in (1, 10**9):
        _write(tmp_path / str(customers), customers, "session_events")
        exports = tmp_path / str(customers) / "exports"
        trees.append({str(p.relative_to(exports)): p.read_bytes() for p in exports.rglob("*.parquet")})
    assert trees[0] == trees[1]
    assert len(trees[0]) == 180


def test_every_feed_has_an_order_of_rows_that_ends_in_its_key() -> None:
    assert ROW_ORDER.keys() == ENDINGS.keys()
    for feed, order in ROW_ORDER.items():
        assert set(order) <= set(delivered(feed, 1).columns)
    assert file_name("orders", "x") == "orders_x.csv.gz"
