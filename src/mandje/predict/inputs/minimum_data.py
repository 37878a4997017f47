"""How much must be known before anything is said about the future."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mandje.predict.models.parameters import PurchasePatterns

CUSTOMERS = 500
# Fewer customers are enough where they come often: what a fit needs is order days.
REGULAR_CUSTOMERS, REGULAR_ORDER_DAYS = 100, 1000
THREE, CUSTOMERS_WITH_THREE_ORDER_DAYS = 3, 50
HISTORY_DAYS = 180
HISTORY_DAYS_FOR_A_YEAR = 365
# Before a window of the past begins, of which recent shares are counted.
HISTORY_DAYS_OF_SHARES = 90
QUIET_DAYS = 30
# Smaller windows of left truncation, in days, for which a message says whom they would leave.
SMALLER_WINDOWS = (30, 14, 0)
# Why somebody is not learnt from, in words that say what would change it.
_LEFT_OUT = {
    "left_truncated": "whose first order may not be their first (left_truncation_days in shop.toml; "
    "0 if the exports begin with the shop{windows})",
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
        repeat_order_days: order days after the first, of those in the fit.
        customers_by_window: how many there were to learn from with a smaller left truncation, by its days.
        customers_excluded: not in the fit, by reason.
        history_days: days from the first delivered order to the as-of date, both included.
        quiet_days: days from the last order to the as-of date; None without orders.
    """

    customers: int
    customers_in_fit: int
    customers_with_three_order_days: int
    repeat_order_days: int
    customers_by_window: dict[int, int]
    customers_excluded: dict[str, int]
    history_days: int
    quiet_days: int | None

    @property
    def knows_a_year(self) -> bool:
        """Whether anything may be said about the next 365 days."""
        return self.history_days >= HISTORY_DAYS_FOR_A_YEAR


def enough_customers(customers: float, repeat_order_days: float) -> bool:
    """Whether there are customers enough, or fewer who come often."""
    are_regular = customers >= REGULAR_CUSTOMERS and repeat_order_days >= REGULAR_ORDER_DAYS
    return customers >= CUSTOMERS or are_regular


def are_enough(known: PurchasePatterns) -> bool:
    """Whether they are customers enough, or fewer who come often."""
    return enough_customers(known.customers, float((known.weight * known.frequency).sum()))


def is_enough(known: PurchasePatterns) -> bool:
    """Whether a purchase model can be fitted on these customers."""
    thrice = known.weight[known.frequency + 1 >= THREE].sum()
    return are_enough(known) and bool(thrice >= CUSTOMERS_WITH_THREE_ORDER_DAYS)


def find_shortfall(counts: DataCounts) -> tuple[str, str] | None:
    """The first thing that is missing, as (short name, words), or None when there is enough."""
    has, thrice, days = counts.customers_in_fit, counts.customers_with_three_order_days, counts.history_days
    if not enough_customers(has, counts.repeat_order_days):
        return "too_few_customers", _too_few(counts) + _left_out(counts)
    if thrice < CUSTOMERS_WITH_THREE_ORDER_DAYS:
        return (
            "too_few_repeat_customers",
            f"{thrice} customers with 3 or more order days, {CUSTOMERS_WITH_THREE_ORDER_DAYS} needed"
            + _left_out(counts),
        )
    if days < HISTORY_DAYS:
        return "too_short_history", f"{days} days of history, {HISTORY_DAYS} needed"
    if counts.quiet_days is None:
        return "no_recent_order", "no order at all"
    if counts.quiet_days >= QUIET_DAYS:
        return (
            "no_recent_order",
            f"no order in the last {counts.quiet_days} days, one in the last {QUIET_DAYS} needed",
        )
    return None


def lacks_repeats_only(counts: DataCounts) -> bool:
    """Whether all that is missing is customers who came back: shares of customers alike can forecast."""
    enough = replace(counts, customers_with_three_order_days=CUSTOMERS_WITH_THREE_ORDER_DAYS)
    return find_shortfall(enough) is None


def _too_few(counts: DataCounts) -> str:
    return (
        f"{counts.customers_in_fit} customers to learn from, {CUSTOMERS} needed, or {REGULAR_CUSTOMERS} with "
        f"{REGULAR_ORDER_DAYS:,} order days after their first (they have {counts.repeat_order_days:,})"
    )


def _left_out(counts: DataCounts) -> str:
    """Those who are there and are not learnt from: a shop may have enough customers without them."""
    windows = "; with {} days there would be at most {}".format(
        ", ".join(str(days) for days in counts.customers_by_window),
        ", ".join(str(customers) for customers in counts.customers_by_window.values()),
    )
    told = [
        f"{count} {_LEFT_OUT.get(reason, reason.replace('_', ' ')).format(windows=windows)}"
        for reason, count in sorted(counts.customers_excluded.items())
        if count
    ]
    return f"; left out: {', and '.join(told)}" if told else ""
