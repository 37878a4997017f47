"""What today's customers are expected to bring, how sure that is, and on whom it hangs: title and text."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from mandje.observe.records.nights import Record

_HORIZONS = (30, 90)
# Figures that are expected are known to no more digits.
_DIGITS = 3


def next_days_lines(fit: Record, currency: str) -> Iterator[tuple[str, str]]:
    """A line per horizon with its range or why there is none, and what is not corrected for the season.

    Args:
        fit: what the record says of the night's look ahead.
        currency: the reporting currency.
    """
    rows = [row for row in fit.get("totals", []) if row["site"] == "(all)"]
    told = [row for row in rows if row["horizon_days"] in _HORIZONS and row["expected_order_count"]]
    for row in told:
        yield f"next {row['horizon_days']} days", _expected(row, currency)
    reasons: dict[str, list[str]] = {}
    for row in told:
        if row["season_factor_seen"] is None:
            reasons.setdefault(row["season_reason"], []).append(str(row["horizon_days"]))
    for reason, days in reasons.items():
        yield "", f"{' and '.join(days)} days: not corrected for season ({reason})"


def hanging_lines(fit: Record, currency: str) -> Iterator[str]:
    """What is to be known of the next year's value: it is below 0, or it hangs on a few customers."""
    largest, value = fit.get("largest_customers"), fit["expected_value_365d_amount"]
    if value is None or not largest:
        return
    whole, one, few = (
        Decimal(str(amount)) for amount in (value, largest["largest_amount"], largest["few_amount"])
    )
    if whole < 0:
        yield "below 0: what these customers cost is more than what they bring; see the costs in shop.toml"
    elif one > whole / 2:
        yield f"most of it is one customer's: {one:,.2f} {currency}; without them {whole - one:,.2f}"
    elif few > whole / 2:
        count = largest["few_count"]
        yield f"most of it is {count:,} customers' (1 % of them): {few:,.2f} {currency}"


def _expected(row: Record, currency: str) -> str:
    orders = f"about {_about(row['expected_order_count'])} order days of today's customers"
    if row["order_low_count"] is not None:
        orders += f", 80 % between {_about(row['order_low_count'])} and {_about(row['order_high_count'])}"
    spend = _spend(row, currency)
    unsure = f"; how sure is not known: {row['interval_reason']}" if row["interval_reason"] else ""
    return f"{orders}{spend}{unsure}"


def _spend(row: Record, currency: str) -> str:
    if row["expected_spend_amount"] is None:
        return ""
    spend = f"; {_about(row['expected_spend_amount'])} {currency}"
    if row["spend_low_amount"] is None:
        return spend
    return f"{spend} ({_about(row['spend_low_amount'])} to {_about(row['spend_high_amount'])})"


def _about(value: Any) -> str:  # noqa: ANN401  a number, or its text from a record
    return f"{float(f'{float(value):.{_DIGITS}g}'):,.0f}"
