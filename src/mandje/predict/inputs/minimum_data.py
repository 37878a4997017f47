"""How much must be known before anything is said about the future."""

from __future__ import annotations

from dataclasses import dataclass

CUSTOMERS = 500
CUSTOMERS_WITH_THREE_ORDER_DAYS = 50
HISTORY_DAYS = 180
HISTORY_DAYS_FOR_A_YEAR = 365
QUIET_DAYS = 30
# Why somebody is not learnt from, in words that say what would change it.
_LEFT_OUT = {
    "left_truncated": "whose first order may not be their first (left_truncation_days in shop.toml; "
    "0 if the exports begin with the shop)",
    "no_consent": "who did not agree to be profiled (consent_profiling of the feed customers; "
    "consent_when_unknown in shop.toml)",
}


@dataclass(frozen=True)
class DataCounts:
    """What there is to learn from.

    Attributes:
        customers: persons in the inputs.
        customers_in_fit: those that the models may learn from.
        customers_with_three_order_days: of those in the fit.
        customers_excluded: not in the fit, by reason.
        history_days: days from the first delivered order to the as-of date, both included.
        quiet_days: days from the last order to the as-of date; None without orders.
    """

    customers: int
    customers_in_fit: int
    customers_with_three_order_days: int
    customers_excluded: dict[str, int]
    history_days: int
    quiet_days: int | None

    @property
    def knows_a_year(self) -> bool:
        """Whether anything may be said about the next 365 days."""
        return self.history_days >= HISTORY_DAYS_FOR_A_YEAR


def find_shortfall(counts: DataCounts) -> tuple[str, str] | None:
    """The first thing that is missing, as (short name, words), or None when there is enough."""
    has, thrice, days = counts.customers_in_fit, counts.customers_with_three_order_days, counts.history_days
    if has < CUSTOMERS:
        return "too_few_customers", f"{has} customers to learn from, {CUSTOMERS} needed{_left_out(counts)}"
    if thrice < CUSTOMERS_WITH_THREE_ORDER_DAYS:
        return (
            "too_few_repeat_customers",
            f"{thrice} customers with 3 or more order days, {CUSTOMERS_WITH_THREE_ORDER_DAYS} needed"
            + _left_out(counts),
        )
    if days < HISTORY_DAYS:
        return "too_short_history", f"{days} days of history, {HISTORY_DAYS} needed"
    if counts.quiet_days is None or counts.quiet_days >= QUIET_DAYS:
        return "no_recent_order", f"no order in the last {QUIET_DAYS} days"
    return None


def _left_out(counts: DataCounts) -> str:
    """Those who are there and are not learnt from: a shop may have enough customers without them."""
    told = [
        f"{count} {_LEFT_OUT.get(reason, reason.replace('_', ' '))}"
        for reason, count in sorted(counts.customers_excluded.items())
        if count
    ]
    return f"; left out: {', and '.join(told)}" if told else ""
