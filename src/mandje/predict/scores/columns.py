"""What is public of predictions: the columns of its views, types and what each means."""

from __future__ import annotations

from mandje.predict.inputs.minimum_data import (
    CUSTOMERS,
    CUSTOMERS_WITH_THREE_ORDER_DAYS,
    HISTORY_DAYS,
    HISTORY_DAYS_FOR_A_YEAR,
    QUIET_DAYS,
)

HORIZONS = (30, 90, 365)
# Churn bands by P(no order): below the first limit low, below the second medium, else high.
BANDS, BAND_LIMITS = ("low", "medium", "high"), (0.5, 0.8)

Columns = dict[str, tuple[str, str]]

_PERSON: Columns = {
    "person_id": ("VARCHAR", "The person. Unit: id."),
    "as_of_date": ("DATE", "Last complete local day known; the future starts the day after. Unit: day."),
}
_WHY_MISSING = (
    "Why numbers are missing; empty where all stand. no_consent; too_few_customers (below "
    f"{CUSTOMERS} to learn from), too_few_repeat_customers (below {CUSTOMERS_WITH_THREE_ORDER_DAYS} with 3 "
    f"order days), too_short_history (below {HISTORY_DAYS} days), no_recent_order (none for {QUIET_DAYS} "
    f"days), too_short_for_a_year (below {HISTORY_DAYS_FOR_A_YEAR} days: no values of a year), a model "
    "that does not fit, or recent_shares (no model can be used: no P(still a customer), no interval, no date "
    "of the next order, nothing of a year without a past one to look at)."
)
_REASON: Columns = {"reason": ("VARCHAR", _WHY_MISSING)}
_BEFORE_HORIZONS: Columns = {
    "frequency": ("BIGINT", "Order days after the first. Unit: days."),
    "recency_days": ("BIGINT", "First to last order day. Unit: days."),
    "age_days": ("BIGINT", "First order day to the end of the as-of date. Unit: days."),
    "spend_days": ("BIGINT", "Repeat order days with positive net spend. Unit: days."),
    "mean_spend_amount": ("DECIMAL(18,4)", "Mean net spend of those days. Unit: reporting currency."),
    "is_in_fit": ("BOOLEAN", "Whether the models learnt from this person. Unit: true or false."),
    "order_form": (
        "VARCHAR",
        "What forecasts orders: BG/NBD, MBG/NBD, stack, or recent shares where no model can be used.",
    ),
    "purchase_model": (
        "VARCHAR",
        "Purchase model behind it: BG/NBD, MBG/NBD, or NBD where nobody is seen to leave.",
    ),
    "purchase_rung": (
        "VARCHAR",
        "maximum_likelihood, no_leaving, weak_prior, stronger_prior, earlier_date; last_window: by shares.",
    ),
    "spend_model": (
        "VARCHAR",
        "Model of spend per order: Gamma-Gamma, or mean of orders, which is the same for all.",
    ),
    "is_verified": (
        "BOOLEAN",
        "Whether the history (730 days or more) lets 365-day values be checked. Unit: true or false.",
    ),
    "alive_probability": (
        "DOUBLE",
        "P(still a customer); 1 for every one-time buyer, so never to be used alone. Unit: 0..1.",
    ),
    "order_weight": (
        "DOUBLE",
        "Stands for P(still a customer) in all forecasts: the same, or as the stack corrects it. Unit: 0..1.",
    ),
    "expected_spend_per_order_amount": (
        "DECIMAL(18,4)",
        "Expected net spend per order day; without repeat spend the mean of all. Unit: reporting currency.",
    ),
    "contribution_ratio": (
        "DOUBLE",
        "Net spend left after the cost of goods: the own share, drawn to that of the site. Unit: -1..1.",
    ),
}
_CHURN: Columns = {
    "churn_horizon_days": ("BIGINT", "How far ahead churn looks. Unit: days."),
    "no_order_probability": ("DOUBLE", "Churn: P(no order in the churn horizon). Unit: 0..1."),
    "steady_no_order_probability": (
        "DOUBLE",
        "The same without the season, by which bands are given: they do not move with it. Unit: 0..1.",
    ),
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
        "Predicted value of 365 days times the steady P(no order). Unit: reporting currency.",
    ),
    "churn_band": ("VARCHAR", "By the steady P(no order): low below 0.5, medium below 0.8, else high."),
    "is_at_risk": ("BOOLEAN", "High band and a predicted value of 365 days above 0. Unit: true or false."),
}


_VALUE = "orders discounted per day, times (spend x contribution ratio - cost per order); may be negative."


_NEXT: Columns = {
    "order_365d_probability": ("DOUBLE", "P(an order in the next 365 days). Unit: 0..1."),
    "next_order_low_date": (
        "DATE",
        "Given an order by then, it comes by this day in 10 of 100 cases. Unit: day.",
    ),
    "next_order_median_date": ("DATE", "The same in 50 of 100 cases. Unit: day."),
    "next_order_high_date": ("DATE", "The same in 90 of 100 cases. Unit: day."),
}
_MONEY = "DECIMAL(18,4)"
_SITE_MODEL: Columns = {
    name: _BEFORE_HORIZONS[name]
    for name in ("order_form", "purchase_model", "purchase_rung", "alive_probability", "contribution_ratio")
}
SITE_HORIZONS = (90, 365)


def _of_horizon(days: int) -> Columns:
    within = f"in the next {days} days"
    return {
        f"no_order_{days}d_probability": ("DOUBLE", f"P(no order {within}). Unit: 0..1."),
        f"one_order_{days}d_probability": ("DOUBLE", f"P(exactly one order day {within}). Unit: 0..1."),
        f"expected_orders_{days}d": ("DOUBLE", f"Expected order days {within}. Unit: days."),
        **_expected_interval(f"orders_{days}d", "DOUBLE", f"order days {within}", "days"),
        **_realised_interval(f"orders_{days}d", "BIGINT", f"order days {within}", "days"),
        f"expected_spend_{days}d_amount": (
            _MONEY,
            f"Expected net spend {within}, not discounted. Unit: reporting currency.",
        ),
        **_expected_interval(f"spend_{days}d_amount", _MONEY, f"net spend {within}", "reporting currency"),
        **_realised_interval(f"spend_{days}d_amount", _MONEY, f"net spend {within}", "reporting currency"),
        f"predicted_value_{days}d_amount": (
            _MONEY,
            f"Expected contribution of the next {days} days: {_VALUE} Unit: reporting currency.",
        ),
        **_expected_interval(
            f"predicted_value_{days}d_amount", _MONEY, f"contribution {within}", "reporting currency"
        ),
    }


def _expected_interval(name: str, kind: str, what: str, unit: str) -> Columns:
    of = f"80 % interval of the expected {what}: what the parameters leave open. Unit: {unit}."
    return {
        f"{name}_expected_low": (kind, f"Low end, {of}"),
        f"{name}_expected_high": (kind, f"High end, {of}"),
    }


def _realised_interval(name: str, kind: str, what: str, unit: str) -> Columns:
    of = f"80 % interval of the {what} that will be seen. Unit: {unit}."
    return {
        f"{name}_realised_low": (kind, f"Low end, {of}"),
        f"{name}_realised_high": (kind, f"High end, {of}"),
    }


_HORIZON_COLUMNS: Columns = {}
for _days in HORIZONS:
    _HORIZON_COLUMNS |= _of_horizon(_days)

# From a fit of the site's own customers and orders: sites do not add up to the shop.
_ON_SITE: Columns = {
    "site": ("VARCHAR", "Site, with a fit of its own: sites do not add up to the shop. Unit: name.")
}
_SITE_FIGURES: Columns = {
    f"{name}_{days}d{unit}": _HORIZON_COLUMNS[f"{name}_{days}d{unit}"]
    for days in SITE_HORIZONS
    for name, unit in (("expected_orders", ""), ("predicted_value", "_amount"))
}
_SITE_CHURN: Columns = {name: _CHURN[name] for name in ("churn_horizon_days", "no_order_probability")}

TABLES: dict[str, Columns] = {
    "predictions.customer_predictions": _PERSON | _BEFORE_HORIZONS | _HORIZON_COLUMNS | _REASON,
    "predictions.churn_risk": _PERSON | _CHURN | _REASON,
    "predictions.next_orders": _PERSON | _NEXT | _REASON,
    "predictions.site_predictions": _ON_SITE | _PERSON | _SITE_MODEL | _SITE_CHURN | _SITE_FIGURES | _REASON,
}

DESCRIPTIONS: dict[str, str] = {
    "predictions.customer_predictions": (
        "One row per person: orders and value that are expected within 30, 90 and 365 days, with their range."
        " Empty numbers have a reason."
    ),
    "predictions.churn_risk": "One row per person: how likely no order comes within 90 days, and the band.",
    "predictions.next_orders": "One row per person: when the next order is due, and whether it is overdue.",
    "predictions.site_predictions": (
        "One row per site and person who ordered there, from a fit of that site's own: sites do not add up to"
        " the shop."
    ),
}
