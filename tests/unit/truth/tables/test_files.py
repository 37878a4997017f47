from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mandje.cli.screens.truth_lines import truth_lines
from mandje.errors import MandjeError
from mandje.night.reconciliation import Reconciliation
from mandje.shop.settings import Shop
from mandje.truth.tables.columns import COLUMNS
from mandje.truth.tables.files import load_truth
from shop_of_days import frames, make_true_shop, write_truth


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_true_shop(tmp_path / "shop")


def test_what_was_written_comes_back(shop: Shop) -> None:
    truth = load_truth(shop)
    assert all(truth.frame(name).equals(frame) for name, frame in frames().items())


@pytest.mark.parametrize("name", sorted(COLUMNS))
@pytest.mark.parametrize(
    "lie",
    [
        lambda rows: rows.clear(),
        lambda rows: rows.drop(rows.columns[-1]),
        lambda rows: rows.with_columns(pl.lit("x").alias(rows.columns[0])),
        lambda rows: pl.concat([rows, rows.head(1)]),
    ],
    ids=["emptied", "a column less", "overwritten", "a row twice"],
)
def test_a_file_that_was_changed_is_refused(
    shop: Shop, name: str, lie: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    path = shop.folder / "truth" / f"{name}.parquet"
    lie(pl.read_parquet(path)).write_parquet(path)
    with pytest.raises(MandjeError, match=f"truth/{name}.parquet is not what was simulated"):
        load_truth(shop)
    path.unlink()
    with pytest.raises(MandjeError, match=f"truth/{name}.parquet is not what was simulated.*no such file"):
        load_truth(shop)


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        (lambda rows: rows.drop("status"), "status: not there"),
        (lambda rows: rows.with_columns(pl.col("person").cast(pl.String)), "person: String.*expected: Int64"),
        (lambda rows: pl.concat([rows, rows]), "more than one row of o1"),
    ],
)
def test_a_sealed_file_of_another_shape_is_said_in_one_line(
    shop: Shop, lie: Callable[[pl.DataFrame], pl.DataFrame], message: str
) -> None:
    told = frames()
    write_truth(shop.folder, told | {"orders": lie(told["orders"])})
    with pytest.raises(MandjeError, match=message) as caught:
        load_truth(shop).frame("orders")
    assert "\n" not in str(caught.value)


def _tell(shop: Shop, change: Callable[[dict[str, Any]], None]) -> None:
    path = shop.folder / "truth" / "truth.json"
    summary = json.loads(path.read_text())
    change(summary)
    path.write_text(json.dumps(summary))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told: told["defects"].clear(), "truth.json is not what was simulated.*other defects"),
        (lambda told: told["last_night"].update(outcome="held"), "truth.json.*other last_night"),
        (lambda told: told.pop("last_night"), "no last_night"),
        (lambda told: told["totals"].update(order_count=9), "truth.json.*other totals"),
        (lambda told: told["settings"]["defects"].update(wrong_type=9), "another simulation.toml"),
        (lambda told: told["sha256"].clear(), "is not what was simulated"),
        (lambda told: told.pop("sha256"), "no sha256"),
        (lambda told: told.pop("as_of_date"), "cannot be read"),
    ],
)
def test_a_changed_summary_is_refused(
    shop: Shop, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    _tell(shop, change)
    with pytest.raises(MandjeError, match=message):
        load_truth(shop)


def test_a_truth_that_is_gone_is_another_thing_than_none(shop: Shop, books: Reconciliation) -> None:
    shutil.rmtree(shop.folder / "truth")
    assert list(truth_lines(shop, books)) == []
    with pytest.raises(MandjeError, match="was not simulated"):
        load_truth(shop)
    (shop.folder / "exports").mkdir(exist_ok=True)
    (shop.folder / "exports" / ".simulated.json").touch()
    (line,) = truth_lines(shop, books)
    assert line.startswith("not compared: the truth of tiny is gone")


def test_a_truth_of_another_day_is_said(shop: Shop, books: Reconciliation) -> None:
    assert list(truth_lines(shop, books)) == [
        "not compared: the truth is of 2024-01-03, published is no whole build"
    ]


@pytest.fixture
def books() -> Reconciliation:
    return Reconciliation.__new__(Reconciliation)
