from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.truth.classes import classes, fewer_than_set
from mandje.truth.counts import CELL
from mandje.truth.tables.columns import COLUMNS
from mandje.truth.tables.files import Truth

DAY, NEXT = date(2024, 1, 1), date(2024, 1, 2)
Planted = tuple[str, str, date, str, int, str | None]


def _truth(folder: Path, rows: list[Planted], **asked: dict[str, int]) -> Truth:
    names = ["class", "feed", "delivery_date", "outcome", "row_count", "key"]
    planted = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.lit("a file").alias("file"), pl.int_range(pl.len()).alias("line")
    )
    kinds = dict(COLUMNS["defects"])
    planted.select(pl.col(name).cast(kind) for name, kind in kinds.items()).write_parquet(
        folder / "defects.parquet"
    )
    settings: dict[str, Any] = {"defects": asked.get("deliveries", {})}
    settings |= {name: {"defects": asked.get(name, {})} for name in ("sales", "visits")}
    settings["nights"] = asked.get("nights", {})
    return Truth(folder, {"as_of_date": str(NEXT), "settings": settings})


def _cells(*rows: tuple[str, date, str, int, int]) -> pl.DataFrame:
    kinds = [pl.String(), pl.Date(), pl.String(), pl.Int64(), pl.Int64()]
    return pl.DataFrame(
        rows, dict(zip([*CELL, "row_count", "found_count"], kinds, strict=True)), orient="row"
    )


def test_a_class_is_found_where_its_cells_are_equal(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        [
            ("wrong_type", "orders", DAY, "rejected:type", 1, "o1"),
            ("wrong_type", "orders", DAY, "rejected:type", 1, "o2"),
            ("missing_deliveries", "orders", NEXT, "missing", 31, None),
        ],
        deliveries={"wrong_type": 2, "missing_deliveries": 1},
    )
    cells = _cells(("orders", DAY, "rejected:type", 2, 2), ("orders", NEXT, "missing", 1, 1))
    table = classes(truth, cells)
    assert table.rows() == [("missing_deliveries", 1, 1, 1, 1, 0, 0), ("wrong_type", 2, 2, 2, 2, 0, 0)]
    assert fewer_than_set(table) is None


def test_what_a_cell_lacks_is_missed_and_what_it_has_too_much_is_extra(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        [
            ("late", "orders", DAY, "kept", 3, None),
            ("twice", "orders", DAY, "duplicate", 4, None),
            ("twice", "returns", DAY, "duplicate", 2, None),
        ],
        deliveries={"late": 1, "twice": 2},
    )
    cells = _cells(
        ("orders", DAY, "kept", 100, 99),
        ("orders", DAY, "duplicate", 4, 9),
        ("returns", DAY, "duplicate", 2, 0),
    )
    assert classes(truth, cells).rows() == [("late", 1, 1, 3, 2, 1, 0), ("twice", 2, 2, 6, 4, 2, 5)]


def test_a_class_whose_outcome_the_rest_of_the_truth_does_not_know_is_missed(tmp_path: Path) -> None:
    planted: list[Planted] = [("twice", "orders", DAY, "duplicate", 4, None)]
    truth = _truth(tmp_path, planted, deliveries={"twice": 1})
    cells = _cells(("orders", DAY, "kept", 4, 4))
    assert classes(truth, cells).rows() == [("twice", 1, 1, 4, 0, 4, 0)]


def test_instances_of_sales_are_documents_and_of_visits_sessions(tmp_path: Path) -> None:
    truth = _truth(
        tmp_path,
        [
            ("corrected_orders", "orders", DAY, "superseded", 1, "o1"),
            ("corrected_orders", "orders", DAY, "kept", 1, "o1"),
            ("corrected_orders", "order_lines", DAY, "kept", 5, "o1"),
            ("returns_before_their_order", "orders", DAY, "kept", 1, "o2"),
            ("returns_before_their_order", "returns", DAY, "kept", 1, "r1"),
            ("returns_before_their_order", "returns", DAY, "kept", 1, "r2"),
            ("clock_skew_hours", "session_events", DAY, "kept", 1, "e0000004096"),
            ("clock_skew_hours", "session_events", DAY, "kept", 1, "e0000008191"),
            ("clock_skew_hours", "session_events", DAY, "kept", 1, "e0000008192"),
        ],
        sales={"corrected_orders": 1, "returns_before_their_order": 2},
        visits={"clock_skew_hours": 2},
    )
    planted = classes(truth, _cells()).select("class", "planted").rows()
    assert planted == [("clock_skew_hours", 2), ("corrected_orders", 1), ("returns_before_their_order", 2)]


def test_classes_that_the_days_do_not_hold_are_listed_and_said(tmp_path: Path) -> None:
    truth = _truth(tmp_path, [], deliveries={"truncated_files": 2, "wrong_type": 0})
    table = classes(truth, _cells())
    assert table.rows() == [("truncated_files", 2, 0, 0, 0, 0, 0), ("wrong_type", 0, 0, 0, 0, 0, 0)]
    assert fewer_than_set(table) == "fewer than set, the days hold no more: truncated_files 0 of 2"


@pytest.mark.parametrize("asked", [{"another": 3}, {"twice": 0}])
def test_a_class_that_the_settings_do_not_know_or_ask_for_is_refused(
    tmp_path: Path, asked: dict[str, int]
) -> None:
    truth = _truth(tmp_path, [("twice", "orders", DAY, "duplicate", 4, None)], deliveries=asked)
    with pytest.raises(MandjeError, match=r"other defects than its settings ask for.*twice"):
        classes(truth, _cells())
