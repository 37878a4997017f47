"""The CDNOW data that lifetimes carries, read from the installed package, as patterns."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.predict.models.holdouts import Cut, Holdout, inner_history_days
from mandje.predict.models.parameters import PurchasePatterns, SpendPatterns

FIRST_DAY, CALIBRATION_END = date(1997, 1, 1), date(1997, 9, 30)
HOLDOUT_DAYS = 273
HOLDOUT_END = CALIBRATION_END + timedelta(days=HOLDOUT_DAYS)


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
    late = sample_days().group_by("customer").agg(orders=(pl.col("day") > CALIBRATION_END).sum())
    return late.sort("customer")["orders"].cast(pl.Float64).to_numpy()


def sample_days() -> pl.DataFrame:
    """Customers and days of the sample, with what they spent."""
    return _by_day(_rows(_dataset("CDNOW_sample.txt"), customer_column=2, day_column=3))


def other_days() -> pl.DataFrame:
    """The same of the 21,213 customers who are not in the sample."""
    rows = _rows(_dataset("CDNOW_sample.txt"), customer_column=1, day_column=3)
    return _by_day(master_rows().join(rows, on="customer", how="anti"))


def cut(days: pl.DataFrame) -> Cut:
    """The calibration period of the scoreboard, with its inner cut, in weeks."""
    end = CALIBRATION_END
    inner_days = inner_history_days((end - FIRST_DAY).days + 1, HOLDOUT_DAYS)
    inner_end = FIRST_DAY + timedelta(days=inner_days - 1)
    return Cut(holdout(days, end, end).patterns, lambda: holdout(days, inner_end, end), HOLDOUT_DAYS / 7)


def holdout(days: pl.DataFrame, end: date, until: date) -> Holdout:
    """Histories at `end`, T as published (to that day), and what came after it `until` a day."""
    seen, horizon = pl.col("day") <= end, max((until - end).days, 1)
    repeat = seen & (pl.col("day") > pl.col("day").min())
    later = (pl.col("day") > end) & (pl.col("day") <= until)
    spends = pl.col("amount").filter(repeat & (pl.col("amount") > 0))
    summary = days.group_by("customer").agg(
        (seen.sum().cast(pl.Int64) - 1).alias("x"),
        ((pl.col("day").filter(seen).max() - pl.col("day").min()).dt.total_days() / 7).alias("t_x"),
        ((pl.lit(end) - pl.col("day").min()).dt.total_days() / 7).alias("T"),
        spends.len().alias("spend_days"),
        spends.mean().fill_null(0).alias("mean"),
        (repeat & (pl.col("day") > end - timedelta(days=horizon))).sum().alias("recent"),
        later.sum().alias("orders"),
        pl.col("amount").filter(later).sum().alias("spend"),
        first=pl.col("day").min(),
    )
    known = summary.filter(pl.col("first") <= end).sort("customer")
    x, t_x, age, *rest = _columns(known, *known.columns[1:-1])
    everybody = np.ones(len(x), dtype=np.bool_)
    patterns = PurchasePatterns(x, t_x, age, np.ones_like(x))
    return Holdout(patterns, everybody, *rest, horizon / 7, horizon)


def _by_day(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("customer", "day").agg(pl.col("amount").sum())


def master_rows() -> pl.DataFrame:
    """All rows of the full cohort: customer, day, amount."""
    return _rows(_dataset("CDNOW_master.txt"), customer_column=1, day_column=2)


def master(days_after_end: int = 0) -> tuple[PurchasePatterns, float]:
    """The full cohort in weeks, and its holdout order days; T ends that many days after 30 September."""
    days = master_rows().select("customer", "day").unique()
    end = CALIBRATION_END
    seen = pl.col("day") <= end
    summary = days.group_by("customer").agg(
        x=seen.sum() - 1,
        t_x=(pl.col("day").filter(seen).max() - pl.col("day").min()).dt.total_days(),
        T=(pl.lit(end) - pl.col("day").min()).dt.total_days() + days_after_end,
        later=(~seen).sum(),
    )
    x, t_x, age, later = _columns(summary.sort("customer"), "x", "t_x", "T", "later")
    return PurchasePatterns(x, t_x / 7, age / 7, np.ones_like(x)), float(later.sum())


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
