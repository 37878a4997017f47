from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from mandje.simulate.truth_files import TruthWriter

PLANTED = pl.DataFrame(
    {"class": ["late", "twice", "late"], "outcome": ["kept", "duplicate", "kept"], "row_count": [2, 7, 3]}
)
FIRST = pl.DataFrame(
    {
        "site": ["(all)", "uk"],
        "kpi_date": [date(2024, 1, 1)] * 2,
        "order_count": [1, 0],
        "net_sales_amount": [Decimal("1.5000"), None],
    },
    schema={
        "site": pl.Enum(["(all)", "uk"]),
        "kpi_date": pl.Date(),
        "order_count": pl.Int64(),
        "net_sales_amount": pl.Decimal(18, 4),
    },
)


def _write(folder: Path) -> None:
    with TruthWriter(folder) as truth:
        truth.append("daily_kpis", FIRST)
        truth.append("orders", pl.DataFrame({"order_id": ["o1"]}))
        truth.append("defects", PLANTED)
        truth.append("daily_kpis", FIRST.reverse())
        truth.append("daily_kpis", FIRST.clear())
        truth.append("carts", pl.DataFrame(schema={"cart_id": pl.Int64()}))
        truth.finish({"seed": 1, "as_of_date": date(2024, 1, 1)})


def test_appended_rows_come_back_and_are_counted(tmp_path: Path) -> None:
    _write(tmp_path / "truth")
    back = pl.read_parquet(tmp_path / "truth" / "daily_kpis.parquet")
    assert back["site"].to_list() == ["(all)", "uk", "uk", "(all)"]
    assert back.schema["net_sales_amount"] == pl.Decimal(18, 4)
    assert pq.ParquetFile(tmp_path / "truth" / "daily_kpis.parquet").num_row_groups == 2
    assert pl.read_parquet(tmp_path / "truth" / "carts.parquet").height == 0
    summary = json.loads((tmp_path / "truth" / "truth.json").read_text())
    assert summary["files"] == {"daily_kpis": 4, "orders": 1, "carts": 0, "defects": 3}
    assert summary["defects"] == {"late": {"kept": 5}, "twice": {"duplicate": 7}}
    assert summary["totals"] == {"order_count": 2, "net_sales_amount": "3.0000"}
    assert summary["sha256"] == {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (tmp_path / "truth").glob("*.parquet")
    }
    assert summary["as_of_date"] == "2024-01-01"


def test_the_same_appends_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _write(tmp_path / name)
    assert [path.read_bytes() for path in sorted((tmp_path / "one").iterdir())] == [
        path.read_bytes() for path in sorted((tmp_path / "two").iterdir())
    ]


def test_other_columns_than_the_first_are_refused(tmp_path: Path) -> None:
    with TruthWriter(tmp_path) as truth:
        truth.append("orders", pl.DataFrame({"order_id": ["o1"]}))
        with pytest.raises(ValueError, match="schema"):
            truth.append("orders", pl.DataFrame({"order_id": [1]}))
