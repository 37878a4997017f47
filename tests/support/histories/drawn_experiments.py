"""Experiment tables drawn directly: units with a habit, what was known of it before, and what came since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
MEAN_ORDERS = 0.8
RETURN_RATIO = 0.1


@dataclass(frozen=True)
class Drawn:
    """Draws × units, in the order in which units were assigned."""

    is_treated: NDArray[np.bool_]
    forecast: Values
    orders: Values
    spend: Values
    lines: Values
    returned: Values


def drawn(  # noqa: PLR0913
    seed: int,
    draws: int,
    units: int,
    *,
    treatment_ratio: float = 0.8,
    lift: float = 1,
    return_factor: float = 1,
) -> Drawn:
    """Treated units order `lift` times as often, and send back `return_factor` times as much.

    Habits are Gamma (shape 0.8: a few order most); the forecast of before knows them with an error. Spend per
    order is skew (log-normal, mean 50). Who returns at all does so again.
    """
    rng, size = np.random.default_rng(seed), (draws, units)
    is_treated = rng.random(size) < treatment_ratio
    habit = rng.gamma(0.8, MEAN_ORDERS / 0.8, size)
    orders = rng.poisson(habit * np.where(is_treated, lift, 1)).astype(float)
    price = 50 * np.exp(rng.normal(0, 0.8, size) - 0.32)
    lines = 1.0 + rng.poisson(1.5, size)
    returns = rng.beta(0.5, 4.5, size) * np.where(is_treated, return_factor, 1)
    return Drawn(
        is_treated=is_treated,
        forecast=habit * np.exp(rng.normal(0, 0.3, size)),
        orders=orders,
        spend=orders * price,
        lines=lines,
        returned=rng.binomial(lines.astype(int), returns).astype(float),
    )
