"""What was read of experiments on each night: `ops/experiment_results/<as-of date>.json`.

A row per metric and variant. A night that runs again rewrites its own file; an older night run again writes
that of the newest, at which the warehouse stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from mandje.shop.settings import Shop
from mandje.system.own_files import read_own, remove_own, write_own

Row = dict[str, Any]

SCHEMA: dict[str, pl.DataType] = {
    "experiment_id": pl.String(),
    "metric": pl.String(),
    "variant": pl.String(),
    "as_of_date": pl.Date(),
    "control": pl.String(),
    "verdict": pl.String(),
    "reason": pl.String(),
    "unit_count": pl.Int64(),
    "control_unit_count": pl.Int64(),
    "planned_unit_count": pl.Int64(),
    "maturity_days": pl.Int64(),
    "mean": pl.Float64(),
    "control_mean": pl.Float64(),
    "difference": pl.Float64(),
    "always_low": pl.Float64(),
    "always_high": pl.Float64(),
    "fixed_low": pl.Float64(),
    "fixed_high": pl.Float64(),
    "p_value": pl.Float64(),
    "variance_left_ratio": pl.Float64(),
    "smallest_difference": pl.Float64(),
    "detectable_difference": pl.Float64(),
    "days_needed": pl.Int64(),
    "is_more_better": pl.Boolean(),
    "sample_ratio_p_value": pl.Float64(),
    "is_sample_ratio_alarm": pl.Boolean(),
}
_SHAPE = {"results": [{"as_of_date": str, "experiment_id": str, "metric": str, "variant": str}]}
_MEND = "restore it from your backup, or remove it ({file}): what was read that night is then not shown"


def keep_results(shop: Shop, as_of_date: date, rows: Sequence[Row]) -> None:
    """Write tonight's rows; nothing is written where there are none and never were."""
    path = _path(shop, as_of_date)
    if rows or path.exists():
        write_own(path, {"results": list(rows)})


def kept_results(shop: Shop) -> list[Row]:
    """The rows of all nights, oldest first.

    Raises:
        DamagedFileError: a file is not what was written.
    """
    paths = sorted(_path(shop, date.min).parent.glob("*.json"))
    return [row for path in paths for row in (read_own(path, _SHAPE, _MEND) or {"results": []})["results"]]


def forget_results(shop: Shop, as_of_date: date) -> None:
    """Remove what was read on a night."""
    remove_own(_path(shop, as_of_date))


def results_frame(rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as written, in the columns of `SCHEMA`; older ones may lack some."""
    written = {name: pl.String() if kind == pl.Date() else kind for name, kind in SCHEMA.items()}
    frame = pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=written)
    return frame.with_columns(pl.col("as_of_date").str.to_date())


def show_results(con: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Write `ops.experiment_results` anew, from rows as their files hold them."""
    con.execute("create schema if not exists ops")
    con.register("result_rows", results_frame(rows))
    con.execute("create or replace table ops.experiment_results as from result_rows")
    con.unregister("result_rows")


def _path(shop: Shop, as_of_date: date) -> Path:
    return shop.ops / "experiment_results" / f"{as_of_date.isoformat()}.json"
