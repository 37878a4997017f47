"""The two tables of predictions: their columns, types and what each means."""

from __future__ import annotations

import duckdb

HORIZONS = (30, 90, 365)

Columns = dict[str, tuple[str, str]]

_PERSON: Columns = {
    "person_id": ("VARCHAR", "The person. Unit: id."),
    "as_of_date": ("DATE", "Last complete local day known; the future starts the day after. Unit: day."),
}
_REASON: Columns = {
    "reason": (
        "VARCHAR",
        "Why numbers are missing (no_consent, too_short_for_a_year, ...); empty where all stand.",
    ),
}
_BEFORE_HORIZONS: Columns = {
    "frequency": ("BIGINT", "Order days after the first. Unit: days."),
    "recency_days": ("BIGINT", "First to last order day. Unit: days."),
    "age_days": ("BIGINT", "First order day to the end of the as-of date. Unit: days."),
    "spend_days": ("BIGINT", "Repeat order days with positive net spend. Unit: days."),
    "mean_spend_amount": ("DECIMAL(18,4)", "Mean net spend of those days. Unit: reporting currency."),
    "is_in_fit": ("BOOLEAN", "Whether the models learnt from this person. Unit: true or false."),
    "purchase_model": ("VARCHAR", "Model of orders: BG/NBD, or NBD where nobody is seen to leave."),
    "purchase_rung": (
        "VARCHAR",
        "How it was fitted: maximum_likelihood, no_leaving, weak_prior or stronger_prior.",
    ),
    "spend_model": ("VARCHAR", "Model of spend per order: Gamma-Gamma."),
    "is_verified": (
        "BOOLEAN",
        "Whether the history (730 days or more) lets 365-day values be checked. Unit: true or false.",
    ),
    "alive_probability": (
        "DOUBLE",
        "P(still a customer); 1 for every one-time buyer, so never to be used alone. Unit: 0..1.",
    ),
    "expected_spend_per_order_amount": (
        "DECIMAL(18,4)",
        "Expected net spend per order day; without repeat spend the mean of all. Unit: reporting currency.",
    ),
}
_CHURN: Columns = {
    "churn_horizon_days": ("BIGINT", "How far ahead churn looks. Unit: days."),
    "no_order_probability": ("DOUBLE", "Churn: P(no order in the churn horizon). Unit: 0..1."),
    "days_since_last_order": ("BIGINT", "Last order day to the as-of date. Unit: days."),
    "median_interval_days": (
        "DOUBLE",
        "Own rhythm: median days between order days. Unit: days.",
    ),
    "overdue_ratio": (
        "DOUBLE",
        "Days since the last order per median interval; above 1 is late. Unit: ratio.",
    ),
    "value_at_risk_amount": (
        "DECIMAL(18,4)",
        "Predicted value of 365 days times P(no order in the churn horizon). Unit: reporting currency.",
    ),
    "churn_band": ("VARCHAR", "By P(no order): low below 0.5, medium below 0.8, else high."),
    "is_at_risk": ("BOOLEAN", "High band and a predicted value of 365 days above 0. Unit: true or false."),
}


_VALUE = "orders discounted per day, times (spend x margin - shipping and service); may be negative."


def _of_horizon(days: int) -> Columns:
    return {
        f"no_order_{days}d_probability": ("DOUBLE", f"P(no order in the next {days} days). Unit: 0..1."),
        f"expected_orders_{days}d": ("DOUBLE", f"Expected order days in the next {days} days. Unit: days."),
        f"expected_spend_{days}d_amount": (
            "DECIMAL(18,4)",
            f"Expected net spend in the next {days} days, not discounted. Unit: reporting currency.",
        ),
        f"predicted_value_{days}d_amount": (
            "DECIMAL(18,4)",
            f"Expected contribution of the next {days} days: {_VALUE} Unit: reporting currency.",
        ),
    }


_HORIZON_COLUMNS: Columns = {}
for _days in HORIZONS:
    _HORIZON_COLUMNS |= _of_horizon(_days)

TABLES: dict[str, Columns] = {
    "predictions.customer_predictions": _PERSON | _BEFORE_HORIZONS | _HORIZON_COLUMNS | _REASON,
    "predictions.churn_risk": _PERSON | _CHURN | _REASON,
}


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Make both tables anew, empty, with a comment on every column."""
    con.execute("create schema if not exists predictions")
    for table, columns in TABLES.items():
        listed = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        con.execute(f"create or replace table {table} ({listed})")
        for name, (_, comment) in columns.items():
            con.execute(f"comment on column {table}.{name} is '{comment}'")
