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
from mandje.experiments.difference import (
    ALPHA,
    always_interval,
    always_p_value,
    fixed_interval,
    tuned_rho,
)
from mandje.experiments.metrics import METRICS
from mandje.experiments.power import (
    Pace,
    days_needed,
    detectable_difference,
    units_needed,
    units_that_decide,
)
from mandje.experiments.sample_ratio import ALARM_BELOW, sample_ratio_p_values
from mandje.experiments.verdict import FEWEST_UNITS, TOO_FEW, Evidence, undecided, verdict
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
        units: rows of `unit_outcomes`; the shares are tested on all, the rest is read of those not excluded.
        as_of_date: the last day that is known.
        change: what of the plan is not as it was when the experiment began.
    """
    if units.is_empty():
        return []
    compared = units.filter(~pl.col("is_excluded"))
    p_value = _sample_ratio(plan, units)
    of_all = {"experiment_id": experiment_id, "as_of_date": as_of_date, "control": plan.control}
    of_all |= {"planned_unit_count": plan.planned_units, "sample_ratio_p_value": p_value}
    of_all |= {
        "is_sample_ratio_alarm": p_value < ALARM_BELOW,
        "reason": _why_broken(plan, units, p_value, change),
    }
    variants = [variant for variant in plan.shares if variant != plan.control]
    asked = list(product(plan.smallest_difference, variants))
    return _judged([of_all | _reading(plan, compared, as_of_date, *one) for one in asked])


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
    unplanned = set(units["variant"].unique()) - set(plan.shares)
    if change:
        return f"the plan was changed after the experiment began: {change}"
    if unplanned:
        return f"{len(unplanned)} variant(s) were delivered that the plan does not name"
    if p_value < ALARM_BELOW:
        return "the variants do not have the shares that were planned: units are lost or added in one of them"
    return None


def _reading(plan: Experiment, units: pl.DataFrame, as_of_date: date, name: MetricName, variant: str) -> Row:
    """What is known of one metric and variant, before the verdict; of too few units how long it takes."""
    metric = METRICS[name]
    maturity_days = plan.window_days + metric.wait_days
    pair = units.filter(pl.col("variant").is_in([plan.control, variant]))
    whole = pair.filter(pl.col("assigned_date") <= as_of_date - timedelta(days=maturity_days))
    row: Row = {"metric": name, "variant": variant, "maturity_days": maturity_days}
    row |= {"smallest_difference": plan.smallest_difference[name], "is_more_better": metric.is_more_better}
    row |= {"unit_count": whole.filter(pl.col("variant") == variant).height}
    row |= {"control_unit_count": whole.height - row["unit_count"]}
    compared = compare(metric, whole, plan.control, variant)
    if compared is None:
        return row
    pace = Pace(whole.height, pair.height - whole.height, maturity_days, _per_day(pair, as_of_date))
    row |= {"days_needed": _days(plan, name, variant, compared, pace)}
    if min(row["unit_count"], row["control_unit_count"]) < FEWEST_UNITS:
        return row
    return row | _numbers(compared, _planned(plan, variant), pace.counted)


def _per_day(pair: pl.DataFrame, as_of_date: date) -> float:
    """Units assigned a day, over the last days; of a younger experiment over those that it has."""
    first: date = pair["assigned_date"].min()  # type: ignore[assignment]  # dates, and not empty
    days = min(_OF_LATE_DAYS, (as_of_date - first).days + 1)
    return pair.filter(pl.col("assigned_date") > as_of_date - timedelta(days=days)).height / days


def _pair_share(plan: Experiment, variant: str) -> float:
    return float(plan.shares[plan.control] + plan.shares[variant])


def _planned(plan: Experiment, variant: str) -> float:
    """Units of the variant and the control at the planned end."""
    return plan.planned_units * _pair_share(plan, variant)


def _numbers(compared: Compared, planned: float, counted: float) -> Row:
    """`planned` and `counted` are units of both variants."""
    found, rho = compared.found, tuned_rho(planned)
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
    }
    if counted >= planned:
        fixed = fixed_interval(found)
        row |= {"fixed_low": float(fixed[0]), "fixed_high": float(fixed[1])}
    return row


def _days(plan: Experiment, name: MetricName, variant: str, compared: Compared, pace: Pace) -> int | None:
    """Until the smallest difference is seen with 80 %; later, until the question is answered in any case.

    Never fewer than until both variants have the units below which nothing is said. Each comparison has to be
    as sure as if it were the first that Holm corrects.
    """
    spread = float(compared.found.standard_error) * math.sqrt(pace.counted)
    alpha = ALPHA / (len(plan.smallest_difference) * (len(plan.shares) - 1))
    asked = plan.smallest_difference[name], tuned_rho(_planned(plan, variant)), alpha
    needed = units_needed(spread, *asked)
    if needed <= pace.counted:
        needed = units_that_decide(spread, *asked)
    smaller = float(min(plan.shares[plan.control], plan.shares[variant])) / _pair_share(plan, variant)
    return days_needed(max(needed, FEWEST_UNITS / smaller), pace)


def _judged(rows: list[Row]) -> list[Row]:
    """With verdicts; p-values hold for all comparisons of the experiment together, also those yet to come."""
    together = holm(np.array([row.get("p_value", 1.0) for row in rows]))
    for row, p_value in zip(rows, together, strict=True):
        if "p_value" in row:
            row["p_value"] = float(p_value)
    return [_without_effect(row) if row["reason"] else _with_verdict(row) for row in rows]


def _with_verdict(row: Row) -> Row:
    if "p_value" not in row:
        return row | {"verdict": undecided(row["days_needed"]) if "days_needed" in row else TOO_FEW}
    seen = Evidence(
        difference=row["difference"],
        p_value=row["p_value"],
        low=row["always_low"],
        high=row["always_high"],
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
