"""The difference between a variant and the control, with the interval for one look and that for any look.

The *fixed* interval is right at one look that was planned before. Looked at every night, it shows in one of
three experiments a difference that is not there. The *always-valid* interval is wider and may be looked at as
often as one likes: with 95 % the truth lies in it at all looks together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw, stdtr, stdtrit

from mandje.experiments.moments import Moments, Numbers

ALPHA = 0.05


@dataclass(frozen=True)
class Difference:
    """Variant − control, its standard error, units of both, and Welch's degrees of freedom."""

    value: Numbers
    standard_error: Numbers
    count: Numbers
    degrees_of_freedom: Numbers


def difference(variant: Moments, control: Moments) -> Difference:
    """Of two means whose variances differ (Welch 1947)."""
    of_variant, of_control = variant.variance / variant.count, control.variance / control.count
    both = of_variant + of_control
    shares = of_variant**2 / (variant.count - 1) + of_control**2 / (control.count - 1)
    freedom = np.divide(both**2, shares, out=np.full_like(both, np.inf), where=shares > 0)
    return Difference(variant.mean - control.mean, np.sqrt(both), variant.count + control.count, freedom)


def fixed_interval(found: Difference, alpha: float = ALPHA) -> tuple[Numbers, Numbers]:
    """Low and high, by Student's t; for one look that was planned before."""
    half = stdtrit(found.degrees_of_freedom, 1 - alpha / 2) * found.standard_error
    return found.value - half, found.value + half


def fixed_p_value(found: Difference) -> Numbers:
    """Two-sided, 0..1, of no difference; for one look that was planned before."""
    return np.asarray(2 * stdtr(found.degrees_of_freedom, -np.abs(_errors_from_zero(found))))


def tuned_rho(planned_count: float, alpha: float = ALPHA) -> float:
    """The ρ that makes the always-valid interval narrowest at a number of units planned before the start.

    ρ² n = −W(−α² ÷ e) − 1 with the lower branch of Lambert's W (Waudby-Smith et al. 2021, "Time-uniform
    central limit theory and asymptotic confidence sequences", appendix on the choice of ρ). It must not be
    chosen by what was seen.
    """
    return float(np.sqrt((-lambertw(-(alpha**2) / np.e, k=-1).real - 1) / planned_count))


def always_interval(found: Difference, rho: float, alpha: float = ALPHA) -> tuple[Numbers, Numbers]:
    """Low and high, right at every look: Waudby-Smith et al. 2021, theorem 2.2, two-sided.

    Half = σ √(2(nρ² + 1) ÷ (n²ρ²) ln(√(nρ² + 1) ÷ α)), n units of both and σ² = n × (standard error)². Right
    in the limit of many units: see `FEWEST_UNITS` in `verdict`.
    """
    half = always_width(found.count, rho, alpha) * found.standard_error
    return found.value - half, found.value + half


def always_width(count: Numbers, rho: float, alpha: float = ALPHA) -> Numbers:
    """Half of the always-valid interval in standard errors, at so many units."""
    size = count * rho**2
    return np.asarray(np.sqrt(2 * (size + 1) / size * (np.log1p(size) / 2 - np.log(alpha))))


def always_p_value(found: Difference, rho: float) -> Numbers:
    """0..1: the smallest α at which the always-valid interval leaves out 0 at this look."""
    size = found.count * rho**2
    logged = np.log1p(size) / 2 - _errors_from_zero(found) ** 2 * size / (2 * (size + 1))
    return np.asarray(np.exp(np.minimum(logged, 0)))


def _errors_from_zero(found: Difference) -> Numbers:
    """The difference in standard errors; 0 where values do not vary at all and do not differ."""
    away = np.where(found.value == 0, 0.0, np.copysign(np.inf, found.value))
    return np.divide(found.value, found.standard_error, out=away, where=found.standard_error > 0)
