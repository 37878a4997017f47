"""The CDNOW data that lifetimes carries, read from the installed package, as patterns."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.parameters import PurchasePatterns, SpendPatterns

CALIBRATION_END = "1997-09-30"


def _dataset(name: str) -> Path:
    found = find_spec("lifetimes")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "datasets" / name


def _columns(frame: pl.DataFrame, *names: str) -> list[NDArray[np.float64]]:
    return [frame[name].cast(pl.Float64).to_numpy() for name in names]


def sample() -> pl.DataFrame:
    """1/10 of the cohort in weeks: x, t_x, T, mean spend per repeat order (zbar)."""
    return pl.read_csv(_dataset("cdnow_customers_summary_with_transactions.csv"))


def sample_patterns(days_per_unit: float = 7.0) -> PurchasePatterns:
    x, t_x, age = _columns(sample(), "x", "t_x", "T")
    return PurchasePatterns(x, t_x * 7 / days_per_unit, age * 7 / days_per_unit, np.ones_like(x))


def sample_spend() -> SpendPatterns:
    x, mean = _columns(sample().filter(pl.col("x") > 0), "x", "zbar")
    return SpendPatterns(x, mean, np.ones_like(x))


def sample_holdout() -> NDArray[np.float64]:
    """Order days after the calibration period, in the order of `sample()`."""
    days = _order_days(_dataset("CDNOW_sample.txt"), customer_column=2, day_column=3)
    late = days.group_by("customer").agg(orders=(pl.col("day") > pl.lit(CALIBRATION_END).str.to_date()).sum())
    return late.sort("customer")["orders"].cast(pl.Float64).to_numpy()


def master_rows() -> pl.DataFrame:
    """All rows of the full cohort: customer, day, amount."""
    return _rows(_dataset("CDNOW_master.txt"), customer_column=1, day_column=2)


def master(days_after_end: int = 0) -> tuple[PurchasePatterns, float]:
    """The full cohort in weeks, and its holdout order days; T ends that many days after 30 September."""
    days = master_rows().select("customer", "day").unique()
    end = pl.lit(CALIBRATION_END).str.to_date()
    seen = pl.col("day") <= end
    summary = days.group_by("customer").agg(
        x=seen.sum() - 1,
        t_x=(pl.col("day").filter(seen).max() - pl.col("day").min()).dt.total_days(),
        T=(end - pl.col("day").min()).dt.total_days() + days_after_end,
        later=(~seen).sum(),
    )
    x, t_x, age, later = _columns(summary.sort("customer"), "x", "t_x", "T", "later")
    return PurchasePatterns(x, t_x / 7, age / 7, np.ones_like(x)), float(later.sum())


def _order_days(path: Path, customer_column: int, day_column: int) -> pl.DataFrame:
    return _rows(path, customer_column, day_column).select("customer", "day").unique()


def _rows(path: Path, customer_column: int, day_column: int) -> pl.DataFrame:
    """Both files are columns of text between blanks; only the full one has a header."""
    return duckdb.sql(
        f"""
        select
            cells[{customer_column}] as customer,
            cast(strptime(cells[{day_column}], '%Y%m%d') as date) as day,
            cast(cells[len(cells)] as decimal(18, 2)) as amount
        from (
            select regexp_split_to_array(trim(line, e' \\r'), ' +') as cells
            from (select unnest(string_split(content, e'\\n')) as line from read_text('{path}'))
            where line like ' %' and line not like '%customer_id%'
        )
        """
    ).pl()
