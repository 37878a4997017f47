"""One metric of one night: each variant beside the control, over the units whose time is over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from mandje.experiments.covariates import Covariate, adjusted, design
from mandje.experiments.difference import Difference, difference
from mandje.experiments.metrics import Metric
from mandje.experiments.moments import Numbers, moments, ratio_values

_FORECASTS = ("expected_orders", "expected_spend")
_FEWEST = 2


@dataclass(frozen=True)
class Compared:
    """Of one variant: the means as they were counted, and the difference after CUPED.

    `variance_left` is the variance of the difference after CUPED ÷ before; by chance it can exceed 1.
    """

    mean: float
    control_mean: float
    found: Difference
    variance_left: float


def compare(metric: Metric, whole: pl.DataFrame, control: str, variant: str) -> Compared | None:
    """None where there is too little to compare: below two units, nothing to divide by, nothing that varies.

    Args:
        metric: of `METRICS`.
        whole: rows of `unit_outcomes` of all variants, whose time is over.
        control: the variant that is compared with.
        variant: the other.

    Raises:
        MandjeError: a forecast that is no older than the assignment.
    """
    of_variant, of_control = _is(whole, variant), _is(whole, control)
    if min(of_variant.sum(), of_control.sum()) < _FEWEST or not _has_bottom(metric, whole):
        return None
    counted = _values(metric, whole)
    before = difference(moments(counted[of_variant]), moments(counted[of_control]))
    if not before.standard_error > 0:
        return None
    values = adjusted(counted, _known_before(whole))
    found = difference(moments(values[of_variant]), moments(values[of_control]))
    return Compared(
        mean=float(counted[of_variant].mean()),
        control_mean=float(counted[of_control].mean()),
        found=found,
        variance_left=float((found.standard_error / before.standard_error) ** 2),
    )


def _is(whole: pl.DataFrame, variant: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(whole["variant"] == variant)


def _variants(whole: pl.DataFrame) -> list[str]:
    return whole["variant"].unique().sort().to_list()


def _has_bottom(metric: Metric, whole: pl.DataFrame) -> bool:
    if metric.bottom is None:
        return True
    bottom = whole[metric.bottom].to_numpy()
    return all(bottom[_is(whole, variant)].sum() > 0 for variant in _variants(whole))


def _values(metric: Metric, whole: pl.DataFrame) -> Numbers:
    """One value a unit; of a ratio each variant is made linear by itself."""
    top = whole[metric.top].to_numpy()
    if metric.bottom is None:
        return top
    bottom, values = whole[metric.bottom].to_numpy(), np.empty(len(top))
    for variant in _variants(whole):
        is_in = _is(whole, variant)
        values[is_in] = ratio_values(top[is_in], bottom[is_in])
    return values


def _known_before(whole: pl.DataFrame) -> Numbers:
    known_on = whole["known_on"].to_numpy().astype("datetime64[D]")
    forecasts = [Covariate(name, whole[name].fill_null(np.nan).to_numpy(), known_on) for name in _FORECASTS]
    return design(forecasts, whole["assigned_date"].to_numpy().astype("datetime64[D]"))
