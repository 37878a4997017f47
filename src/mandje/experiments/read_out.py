"""Tonight's reading of one experiment: each metric and variant beside the control, and what may be said."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from mandje.experiments.compare import Compared, compare
from mandje.experiments.corrections import holm
from mandje.experiments.difference import always_interval, always_p_value, fixed_interval, tuned_rho
from mandje.experiments.metrics import METRICS
from mandje.experiments.power import (
    Pace,
    days_needed,
    detectable_difference,
    units_needed,
    units_that_decide,
)
from mandje.experiments.sample_ratio import ALARM_BELOW, sample_ratio_p_values
from mandje.experiments.verdict import TOO_FEW, Evidence, verdict
from mandje.shop.experiments import Experiment, MetricName

Row = dict[str, Any]

_OF_LATE_DAYS = 28
_EFFECTS = (
    *("mean", "control_mean", "difference", "always_low", "always_high", "fixed_low", "fixed_high"),
    *("p_value", "variance_left_ratio", "detectable_difference", "days_needed"),
)


def read_out(
    experiment_id: str, plan: Experiment, units: pl.DataFrame, as_of_date: date, change: str | None = None
) -> list[Row]:
    """One row per metric and variant but the control (`results.SCHEMA`); none where nobody is assigned yet.

    Args:
        experiment_id: of the experiment.
        plan: its settings.
        units: rows of `unit_outcomes`.
        as_of_date: the last day that is known.
        change: what of the plan is not as it was when the experiment began.
    """
    if units.is_empty():
        return []
    p_value = _sample_ratio(plan, units)
    of_all = {"experiment_id": experiment_id, "as_of_date": as_of_date, "control": plan.control}
    of_all |= {"planned_unit_count": plan.planned_units, "sample_ratio_p_value": p_value}
    of_all |= {
        "is_sample_ratio_alarm": p_value < ALARM_BELOW,
        "reason": _why_broken(plan, units, p_value, change),
    }
    variants = [variant for variant in plan.shares if variant != plan.control]
    asked = list(product(plan.smallest_difference, variants))
    return _judged([of_all | _reading(plan, units, as_of_date, *one) for one in asked])


def _sample_ratio(plan: Experiment, units: pl.DataFrame) -> float:
    """At the last day of assignment, over a look a day: a function of who was assigned when."""
    planned = units.filter(pl.col("variant").is_in(list(plan.shares)))
    by_day = planned.group_by("assigned_date").agg(
        (pl.col("variant") == name).sum().cast(pl.Float64).alias(f"variant_{number}")
        for number, name in enumerate(plan.shares)
    )
    counts = np.cumsum(by_day.sort("assigned_date").drop("assigned_date").to_numpy(), axis=0)
    shares = np.array([float(share) for share in plan.shares.values()])
    return float(sample_ratio_p_values(counts, shares)[-1]) if len(counts) else 1.0


def _why_broken(plan: Experiment, units: pl.DataFrame, p_value: float, change: str | None) -> str | None:
    unplanned = sorted(set(units["variant"].unique()) - set(plan.shares))
    if change:
        return f"the plan was changed after the experiment began: {change}"
    if unplanned:
        return f"variants were delivered that the plan does not name: {', '.join(unplanned)}"
    if p_value < ALARM_BELOW:
        return "the variants do not have the shares that were planned: units are lost or added in one of them"
    return None


def _reading(plan: Experiment, units: pl.DataFrame, as_of_date: date, name: MetricName, variant: str) -> Row:
    """What is known of one metric and variant, before the verdict."""
    metric = METRICS[name]
    maturity_days = plan.window_days + metric.wait_days
    last_day = as_of_date - timedelta(days=maturity_days)
    pair = units.filter(pl.col("variant").is_in([plan.control, variant]))
    whole = pair.filter(pl.col("assigned_date") <= last_day)
    row: Row = {"metric": name, "variant": variant, "maturity_days": maturity_days}
    row |= {"smallest_difference": plan.smallest_difference[name], "is_more_better": metric.is_more_better}
    row |= {"unit_count": whole.filter(pl.col("variant") == variant).height}
    row |= {"control_unit_count": whole.height - row["unit_count"]}
    compared = compare(metric, whole, plan.control, variant)
    if compared is None:
        return row
    of_late = pair.filter(pl.col("assigned_date") > as_of_date - timedelta(days=_OF_LATE_DAYS)).height
    pace = Pace(whole.height, pair.height - whole.height, maturity_days, of_late / _OF_LATE_DAYS)
    return row | _numbers(plan, compared, plan.smallest_difference[name], pace)


def _numbers(plan: Experiment, compared: Compared, smallest: float, pace: Pace) -> Row:
    found, rho = compared.found, tuned_rho(plan.planned_units)
    low, high = always_interval(found, rho)
    row = {
        "mean": compared.mean,
        "control_mean": compared.control_mean,
        "difference": float(found.value),
        "always_low": float(low),
        "always_high": float(high),
        "p_value": float(always_p_value(found, rho)),
        "variance_left_ratio": compared.variance_left,
        "detectable_difference": detectable_difference(float(found.standard_error)),
        "days_needed": _days(float(found.standard_error) * math.sqrt(pace.counted), smallest, rho, pace),
    }
    if pace.counted >= plan.planned_units:
        fixed = fixed_interval(found)
        row |= {"fixed_low": float(fixed[0]), "fixed_high": float(fixed[1])}
    return row


def _days(spread: float, smallest: float, rho: float, pace: Pace) -> int | None:
    """Until the smallest difference is seen with 80 %; later, until the question is answered in any case."""
    needed = units_needed(spread, smallest, rho)
    if needed <= pace.counted:
        needed = units_that_decide(spread, smallest, rho)
    return days_needed(needed, pace)


def _judged(rows: list[Row]) -> list[Row]:
    """With verdicts; p-values hold for all comparisons of the experiment together."""
    read = [row for row in rows if "p_value" in row]
    together = holm(np.array([row["p_value"] for row in read]))
    for row, p_value in zip(read, together, strict=True):
        row["p_value"] = float(p_value)
    return [_without_effect(row) if row["reason"] else _with_verdict(row) for row in rows]


def _with_verdict(row: Row) -> Row:
    if "p_value" not in row:
        return row | {"verdict": TOO_FEW}
    seen = Evidence(
        difference=row["difference"],
        p_value=row["p_value"],
        low=row["always_low"],
        high=row["always_high"],
        fewest_units=min(row["unit_count"], row["control_unit_count"]),
        smallest_difference=row["smallest_difference"],
        days_needed=row["days_needed"],
        is_more_better=row["is_more_better"],
    )
    told = verdict(seen)
    return row | {
        "verdict": told,
        "days_needed": row["days_needed"] if told.startswith("undecided") else None,
    }


def _without_effect(row: Row) -> Row:
    """Of a broken experiment only what says how it is broken."""
    effects = {name: None for name in _EFFECTS if name in row}
    return row | effects | {"verdict": "broken"}
