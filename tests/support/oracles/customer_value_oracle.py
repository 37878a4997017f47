"""Value of customers computed a second time: ranks by counting, sums by channel and tenth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from cohort_oracle import per_head
from customer_oracle import Facts, score
from returns_oracle import ALL, ZERO, Row, month_of, quotient

YOUNG_DAYS = 90
MONTHS = 12


def ranks(facts: Facts) -> dict[str, Row]:
    """Place, tenth and high potential of everybody with a predicted value."""
    customers = {one["person_id"]: one for one in facts.customers}
    worth = {
        name: row["predicted_value_365d_amount"]
        for name, row in facts.predictions.items()
        if row.get("predicted_value_365d_amount") is not None
    }
    young = [name for name in worth if facts.predictions[name]["age_days"] <= YOUNG_DAYS]
    earned = [customers[name]["contribution_amount"] for name in worth]
    found = {}
    for name, value in worth.items():
        reason = None
        decile = 11 - score(value, worth.values(), 10)
        is_poor = score(customers[name]["contribution_amount"], earned, 2) == 1
        if value > 0 and decile <= 2 and is_poor:
            reason = "more_to_come"
        if value > 0 and name in young and facts.predictions[name]["frequency"] > 0:
            best = score(value, [worth[one] for one in young], 10) == 10
            reason = "young_and_ahead" if best else reason
        place = 1 + sum(one > value for one in worth.values())
        found[name] = {"value_rank": place, "value_decile": decile, "high_potential_reason": reason}
    return found


def concentration(facts: Facts) -> list[Row]:
    """Tenths of predicted and historic value."""
    kinds = {
        "predicted": [row.get("predicted_value_365d_amount") for row in facts.predictions.values()],
        "historic": [one["contribution_amount"] for one in facts.customers if one["order_count"]],
    }
    rows = []
    for kind, told in kinds.items():
        values = [value for value in told if value is not None]
        tenths: dict[int, list[Decimal]] = defaultdict(list)
        for value in values:
            tenths[11 - score(value, values, 10)].append(value)
        run: list[Decimal] = []
        for decile in sorted(tenths):
            run += tenths[decile]
            row = {"value_kind": kind, "decile": decile, "as_of_date": facts.as_of}
            row |= {"customer_count": len(tenths[decile]), "lowest_value_amount": min(tenths[decile])}
            row |= {
                "value_amount": sum(tenths[decile]),
                "value_ratio": quotient(sum(tenths[decile]), sum(values)),
            }
            row["cumulative_value_ratio"] = quotient(sum(run), sum(values))
            row["cumulative_customer_ratio"] = len(run) / len(values)
            rows.append(row)
    return rows


def moves(then: Mapping[str, Row], now: Mapping[str, Row]) -> Counter[tuple[str, str]]:
    """Persons by segment then and now."""
    pairs = [
        tuple((side.get(name) or {}).get("rfm_segment") or "(none)" for side in (then, now))
        for name in then.keys() | now.keys()
    ]
    return Counter((before, after) for before, after in pairs if (before, after) != ("(none)", "(none)"))


def value_by_channel(facts: Facts) -> list[Row]:
    """One row per channel that brought customers or had a row of spend, and all."""
    months = sorted(
        row["month_start_date"]
        for row in facts.channel_performance
        if (row["site"], row["channel"]) == (ALL, ALL)
        and row["is_complete"]
        and row["spend_amount"] is not None
    )[-MONTHS:]
    spent: dict[str, list[Row]] = defaultdict(list)
    for row in facts.channel_performance:
        if row["site"] == ALL and row["month_start_date"] in months:
            spent[row["channel"]].append(row)
    buyers: dict[str, list[Row]] = defaultdict(list)
    for customer in facts.customers:
        if customer["order_count"]:
            value = facts.predictions.get(customer["person_id"], {}).get("predicted_value_365d_amount")
            for channel in (customer["first_order_last_non_direct_channel"], ALL):
                buyers[channel].append(customer | {"value": value})
    return [
        {"channel": name, "as_of_date": facts.as_of}
        | _paid(spent[name], [one for one in buyers[name] if month_of(one["first_order_date"]) in months])
        | _worth(buyers[name], facts)
        for name in spent.keys() | buyers.keys()
    ]


def _paid(spent: list[Row], acquired: list[Row]) -> Row:
    spend = sum((row["spend_amount"] for row in spent), ZERO) if spent else None
    won = sum(row["new_customer_count"] for row in spent)
    back = sum((one["contribution_amount"] for one in acquired), ZERO)
    return {
        "spend_amount": spend,
        "acquired_customer_count": won,
        "cpa_amount": None if spend is None else per_head(spend, won),
        "acquired_contribution_amount": back,
        "paid_back_ratio": None if spend is None else quotient(back, spend),
        "spend_month_count": sum(row["spend_amount"] > 0 for row in spent),
        "paid_back_month_count": sum(row["payback_state"] == "paid_back" for row in spent),
    }


def _worth(buyers: list[Row], facts: Facts) -> Row:
    valued = [one for one in buyers if one["value"] is not None]
    new = [one for one in buyers if (facts.as_of - one["first_order_date"]).days < YOUNG_DAYS]
    valued_new = [one for one in new if one["value"] is not None]
    past = sum((one["contribution_amount"] for one in buyers), ZERO)
    coming = _sum(one["value"] for one in valued)
    past_of_new = _sum(one["contribution_amount"] for one in valued_new)
    coming_of_new = _sum(one["value"] for one in valued_new)
    return {
        "customer_count": len(buyers),
        "valued_customer_count": len(valued),
        "new_customer_count": len(new),
        "valued_new_customer_count": len(valued_new),
        "historic_net_sales_amount": sum((one["net_sales_amount"] for one in buyers), ZERO),
        "historic_contribution_amount": past,
        "mean_historic_contribution_amount": per_head(past, len(buyers)),
        "predicted_value_365d_amount": coming if valued else None,
        "mean_predicted_value_amount": per_head(coming, len(valued)),
        "new_customer_historic_amount": per_head(past_of_new, len(valued_new)),
        "new_customer_predicted_amount": per_head(coming_of_new, len(valued_new)),
        "max_acquisition_cost_amount": per_head(past_of_new + coming_of_new, len(valued_new)),
    }


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
