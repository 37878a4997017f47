from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from mandje.truth.counts import CELL, classes
from mandje.truth.files import Truth

DAY, NEXT = date(2024, 1, 1), date(2024, 1, 2)


def _truth(folder: Path, rows: list[tuple[str, str, date, str, int]]) -> Truth:
    names = ["class", "feed", "delivery_date", "outcome", "row_count"]
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(folder / "defects.parquet")
    return Truth(folder, {"as_of_date": str(NEXT)})


def _cells(*rows: tuple[str, date, str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=[*CELL, "row_count", "found_count"], orient="row")


def test_a_class_is_found_where_its_cells_are_equal(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        [
            ("wrong_type", "orders", DAY, "rejected:type", 1),
            ("wrong_type", "orders", DAY, "rejected:type", 1),
            ("missing_deliveries", "orders", NEXT, "missing", 31),
        ],
    )
    cells = _cells(("orders", DAY, "rejected:type", 2, 2), ("orders", NEXT, "missing", 1, 1))
    assert classes(truth, cells).rows() == [("missing_deliveries", 1, 1, 0, 0), ("wrong_type", 2, 2, 0, 0)]


def test_what_a_cell_lacks_is_missed_and_what_it_has_too_much_is_extra(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        [
            ("late", "orders", DAY, "kept", 3),
            ("twice", "orders", DAY, "duplicate", 4),
            ("twice", "returns", DAY, "duplicate", 2),
        ],
    )
    cells = _cells(
        ("orders", DAY, "kept", 100, 99),
        ("orders", DAY, "duplicate", 4, 9),
        ("returns", DAY, "duplicate", 2, 0),
    )
    assert classes(truth, cells).rows() == [("late", 3, 2, 1, 0), ("twice", 6, 4, 2, 5)]


def test_a_class_whose_outcome_the_rest_of_the_truth_does_not_know_is_missed(tmp_path: Path) -> None:
    truth = _truth(tmp_path, [("twice", "orders", DAY, "duplicate", 4)])
    assert classes(truth, _cells(("orders", DAY, "kept", 4, 4))).rows() == [("twice", 4, 0, 4, 0)]
