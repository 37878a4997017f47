"""Scores per pattern, joined back to persons in SQL.

What a pattern says is rounded to six significant digits first; money is then made from the rounded numbers,
so that expected spend is exactly expected orders times spend per order, on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from mandje.errors import ExitCode, MandjeError
from mandje.predict.closed_forms import alive_probability, expected_orders, mean_spend, no_order_probability
from mandje.predict.inputs import IN_FIT, INPUTS, read_scored_histories, read_scored_spend
from mandje.predict.parameters import PurchaseParameters, SpendParameters, Vector
from mandje.predict.tables import HORIZONS, create_tables
from mandje.settings import ShopSettings

_DAYS_PER_YEAR = 365.25
_YEAR = 365
# From two years on, a year could be held out and compared.
VERIFIED_DAYS = 730
_MEDIUM, _HIGH = 0.5, 0.8
_NO_ORDER = ["no_order_churn", *[f"no_order_{days}d" for days in HORIZONS]]
_ORDERS = [f"{kind}_orders_{days}d" for days in HORIZONS for kind in ("expected", "discounted")]
_SCORES = ["alive", *_NO_ORDER, *_ORDERS]


@dataclass(frozen=True)
class Scoring:
    """What the scores of a night are made with.

    Attributes:
        purchase: the purchase model, or None: no numbers at all.
        rung: the rung of the ladder that it stands on.
        spend: the spend model, or None: no money.
        knows_a_year: whether 365-day numbers may be given.
        reason: short name of why numbers are missing, or None.
    """

    purchase: PurchaseParameters | None
    rung: str | None
    spend: SpendParameters | None
    knows_a_year: bool
    reason: str | None


def write_scores(
    con: duckdb.DuckDBPyConnection, scoring: Scoring, settings: ShopSettings, as_of_date: date
) -> None:
    """Write `predictions.customer_predictions` and `predictions.churn_risk` anew, in one transaction.

    Raises:
        MandjeError: a score that is no probability or no finite number; nothing is then written.
    """
    con.register("history_scores", _history_scores(con, scoring, settings))
    con.register("spend_scores", _spend_scores(con, scoring))
    values = _sql_values(scoring, settings, as_of_date)
    con.execute("begin transaction")
    try:
        create_tables(con)
        con.execute(_customer_predictions(), _used(values, _customer_predictions()))
        con.execute(_CHURN_RISK, _used(values, _CHURN_RISK))
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    finally:
        con.unregister("history_scores")
        con.unregister("spend_scores")


def _used(values: dict[str, object], sql: str) -> dict[str, object]:
    return {name: value for name, value in values.items() if f"${name}" in sql}


def _sql_values(scoring: Scoring, settings: ShopSettings, as_of_date: date) -> dict[str, object]:
    costs = settings.costs
    return {
        "as_of_date": as_of_date,
        "purchase_model": scoring.purchase.form if scoring.purchase else None,
        "purchase_rung": scoring.rung,
        "spend_model": "Gamma-Gamma" if scoring.spend else None,
        "reason": scoring.reason or (None if scoring.knows_a_year else "too_short_for_a_year"),
        "verified_days": VERIFIED_DAYS,
        "margin": float(costs.margin_ratio),
        "order_cost": float(costs.shipping_cost_per_order_amount + costs.service_cost_per_order_amount),
        "churn_horizon": settings.customers.churn_horizon_days,
    }


def _history_scores(con: duckdb.DuckDBPyConnection, scoring: Scoring, settings: ShopSettings) -> pl.DataFrame:
    """One row per distinct (frequency, recency_days, age_days); scores null where no model holds."""
    histories = read_scored_histories(con)
    if scoring.purchase is None:
        return histories.with_columns(pl.lit(None, pl.Float64).alias(name) for name in _SCORES)
    scores = _score_histories(scoring.purchase, histories, settings)
    _refuse_impossible(histories, scores)
    scored = histories.with_columns(pl.Series(name, scores[name]).round_sig_figs(6) for name in _SCORES)
    hidden = [] if scoring.knows_a_year else [name for name in _SCORES if name.endswith(f"_{_YEAR}d")]
    return scored.with_columns(pl.lit(None, pl.Float64).alias(name) for name in hidden)


def _score_histories(
    model: PurchaseParameters, histories: pl.DataFrame, settings: ShopSettings
) -> dict[str, Vector]:
    x, t_x, age = (histories[name].cast(pl.Float64).to_numpy() for name in histories.columns)
    pairs, place = _distinct_pairs(histories)
    alive = alive_probability(model, x, t_x, age)
    plain, discounted = (
        alive * expected_orders(model, *pairs, HORIZONS, rate)[:, place]
        for rate in (0.0, _daily_rate(settings))
    )
    scores = {
        "alive": alive,
        "no_order_churn": no_order_probability(model, x, t_x, age, settings.customers.churn_horizon_days),
    }
    for row, days in enumerate(HORIZONS):
        scores[f"no_order_{days}d"] = no_order_probability(model, x, t_x, age, days)
        scores[f"expected_orders_{days}d"] = plain[row]
        scores[f"discounted_orders_{days}d"] = discounted[row]
    return scores


def _daily_rate(settings: ShopSettings) -> float:
    return math.log1p(float(settings.customers.discount_rate_per_year)) / _DAYS_PER_YEAR


def _distinct_pairs(histories: pl.DataFrame) -> tuple[tuple[Vector, Vector], NDArray[np.intp]]:
    """Distinct (x, T), and where each history finds its own: expectations given alive need no t_x."""
    columns = ["frequency", "age_days"]
    pairs = histories.select(columns).unique(maintain_order=True)
    place = histories.join(pairs.with_row_index("place"), on=columns, how="left", maintain_order="left")
    x, age = (pairs[name].cast(pl.Float64).to_numpy() for name in columns)
    return (x, age), place["place"].to_numpy().astype(np.intp)


def _refuse_impossible(patterns: pl.DataFrame, scores: dict[str, Vector]) -> None:
    """Stop before a score leaves that is not finite, is negative, or is a probability above 1."""
    for name, column in scores.items():
        highest = 1.0 if name in {"alive", *_NO_ORDER} else np.inf
        wrong = ~(np.isfinite(column) & (column >= 0) & (column <= highest))
        if wrong.any():
            first = int(wrong.argmax())
            raise MandjeError(
                f"the score {name} is not possible",
                found=f"{column[first]} for {patterns.row(first, named=True)}",
                expected="a finite number, 0 or more; a probability at most 1",
                next_step="please report this history with the night's parameters",
                exit_code=ExitCode.NIGHT_STOPPED,
            )


def _spend_scores(con: duckdb.DuckDBPyConnection, scoring: Scoring) -> pl.DataFrame:
    """One row per distinct (spend_days, mean_spend_amount) with the expected spend per order."""
    spend = read_scored_spend(con)
    if scoring.spend is None or scoring.purchase is None:
        return spend.with_columns(spend_per_order=pl.lit(None, pl.Float64))
    days = spend["spend_days"].cast(pl.Float64).to_numpy()
    observed = spend["mean_spend_amount"].cast(pl.Float64).fill_null(0).to_numpy()
    expected = mean_spend(scoring.spend, days, observed)
    _refuse_impossible(spend, {"spend_per_order": expected})
    return spend.with_columns(pl.Series("spend_per_order", expected).round_sig_figs(6).round(4))


def _customer_predictions() -> str:
    horizons = ",\n    ".join(_HORIZON.format(days=days) for days in HORIZONS)
    return _CUSTOMER_PREDICTIONS.format(horizons=horizons)


_HORIZON = """no_order_{days}d as no_order_{days}d_probability,
    expected_orders_{days}d,
    cast(expected_orders_{days}d * spend_per_order as decimal(18, 4)) as expected_spend_{days}d_amount,
    cast(discounted_orders_{days}d * (spend_per_order * $margin - $order_cost) as decimal(18, 4))
        as predicted_value_{days}d_amount"""

_CUSTOMER_PREDICTIONS = f"""
insert into predictions.customer_predictions by name
select
    inputs.person_id,
    $as_of_date as as_of_date,
    inputs.frequency,
    inputs.recency_days,
    inputs.age_days,
    inputs.spend_days,
    inputs.mean_spend_amount,
    {IN_FIT} as is_in_fit,
    case when alive is not null then $purchase_model end as purchase_model,
    case when alive is not null then $purchase_rung end as purchase_rung,
    case when spend_per_order is not null then $spend_model end as spend_model,
    case when alive is not null then inputs.history_days >= $verified_days end as is_verified,
    alive as alive_probability,
    cast(spend_per_order as decimal(18, 4)) as expected_spend_per_order_amount,
    {{horizons}},
    case when inputs.has_consent then $reason else 'no_consent' end as reason
from {INPUTS} as inputs
left join history_scores
    on inputs.has_consent
    and inputs.frequency = history_scores.frequency
    and inputs.recency_days = history_scores.recency_days
    and inputs.age_days = history_scores.age_days
left join spend_scores
    on inputs.has_consent
    and inputs.spend_days = spend_scores.spend_days
    and inputs.mean_spend_amount is not distinct from spend_scores.mean_spend_amount
order by inputs.person_id
"""

_CHURN_RISK = f"""
insert into predictions.churn_risk by name
select
    inputs.person_id,
    $as_of_date as as_of_date,
    $churn_horizon as churn_horizon_days,
    no_order_churn as no_order_probability,
    inputs.age_days - 1 - inputs.recency_days as days_since_last_order,
    inputs.median_interval_days,
    case when inputs.has_consent and inputs.median_interval_days > 0
        then days_since_last_order / inputs.median_interval_days end as overdue_ratio,
    cast(predicted_value_{_YEAR}d_amount * no_order_churn as decimal(18, 4)) as value_at_risk_amount,
    case when no_order_churn < {_MEDIUM} then 'low' when no_order_churn < {_HIGH} then 'medium'
        when no_order_churn is not null then 'high' end as churn_band,
    case when predicted_value_{_YEAR}d_amount is not null
        then no_order_churn >= {_HIGH} and predicted_value_{_YEAR}d_amount > 0 end as is_at_risk,
    predicted.reason
from {INPUTS} as inputs
inner join predictions.customer_predictions as predicted on inputs.person_id = predicted.person_id
left join history_scores
    on inputs.has_consent
    and inputs.frequency = history_scores.frequency
    and inputs.recency_days = history_scores.recency_days
    and inputs.age_days = history_scores.age_days
order by inputs.person_id
"""
