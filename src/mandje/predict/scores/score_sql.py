"""Schema `scores` holds one row per pattern and what joins it to persons; views of predictions read it."""

from __future__ import annotations

from collections.abc import Iterable

from mandje.predict.inputs.histories import IN_FIT, Scope
from mandje.predict.scores.columns import BAND_LIMITS, HORIZONS, SITE_HORIZONS, TABLES

# From two years on, a year could be held out and compared.
_VERIFIED_DAYS = 730
_YEAR = 365
_MEDIUM, _HIGH = BAND_LIMITS
# Below it, a date would say more than is known.
_UNLIKELY = 0.1


# What is a person's own of the contribution ratio grows with the net sales.
_PERSONS = f"""
create or replace table scores.persons as
select
    inputs.scope,
    inputs.person_id,
    inputs.frequency,
    inputs.recency_days,
    inputs.age_days,
    inputs.spend_days,
    inputs.mean_spend_amount,
    inputs.median_interval_days,
    inputs.history_days,
    inputs.has_consent,
    {IN_FIT} as is_learnt_from,
    histories.history,
    spends.spend,
    case when spends.spend_per_order is not null then round(
        (cast(inputs.goods_contribution_amount as double)
            + site_money.credibility_amount * site_money.site_contribution_ratio)
        / (cast(inputs.kept_sales_amount as double) + site_money.credibility_amount), 6
    ) end as contribution_ratio,
    site_money.site_order_cost_amount
from ({{inputs}}) as inputs
left join scores.histories
    on inputs.has_consent
    and inputs.scope = histories.scope
    and inputs.frequency = histories.frequency
    and inputs.recency_days = histories.recency_days
    and inputs.age_days = histories.age_days
    and inputs.spend_days = histories.spend_days
left join scores.spends
    on inputs.has_consent
    and inputs.scope = spends.scope
    and inputs.spend_days = spends.spend_days
    and inputs.mean_spend_amount is not distinct from spends.mean_spend_amount
left join scores.site_money
    on inputs.scope = site_money.scope and inputs.home_site = site_money.home_site
"""


def persons(scopes: Iterable[Scope]) -> str:
    """The statement that finds the patterns of every person of every scope."""
    inputs = "\nunion all by name\n".join(
        f"select {number} as scope, * from {scope.inputs}" for number, scope in enumerate(scopes)
    )
    return _PERSONS.format(inputs=inputs)


# The season changes orders in the histories' scores, and what is spent on each here.
_SPEND_FACTORS = ", ".join(
    f"max(spend_factor) filter (horizon_days = {days}) as spend_factor_{days}d" for days in HORIZONS
)
_ORDER_VALUES = ",\n        ".join(
    f"spends.spend_per_order * seasons.spend_factor_{days}d as spend_per_order_{days}d,"
    f" spend_per_order_{days}d * persons.contribution_ratio - persons.site_order_cost_amount"
    f" as order_value_{days}d"
    for days in HORIZONS
)
_SCORED = f"""
(
    select
        persons.* exclude (scope, history, spend),
        histories.* exclude (history, scope, frequency, recency_days, age_days, spend_days),
        spends.* exclude (spend, scope, spend_days, mean_spend_amount),
        models.* exclude (missing_reason),
        seasons.* exclude (scope),
        {_ORDER_VALUES},
        case when persons.has_consent then models.missing_reason else 'no_consent' end as reason
    from scores.persons
    inner join scores.models on persons.scope = models.scope
    inner join (select scope, {_SPEND_FACTORS} from scores.seasons group by scope) as seasons
        on persons.scope = seasons.scope
    left join scores.histories on persons.history = histories.history
    left join scores.spends on persons.spend = spends.spend
)
"""
_OF_SHOP = f"(select * from {_SCORED} where scope = 0)"

_ORDERS = """no_order_{days}d as no_order_{days}d_probability,
    one_order_{days}d as one_order_{days}d_probability,
    expected_orders_{days}d,
    orders_expected_low_{days}d as orders_{days}d_expected_low,
    orders_expected_high_{days}d as orders_{days}d_expected_high,
    orders_low_{days}d as orders_{days}d_realised_low,
    orders_high_{days}d as orders_{days}d_realised_high"""
# Errors of orders and of spend per order are independent: their squares add up.
_SPEND = """expected_orders_{days}d * spend_per_order_{days}d as expected_spend_{days}d_amount,
    expected_orders_{days}d * spend_per_order_{days}d
        * exp(-sqrt(orders_below_{days}d ** 2 + spend_below ** 2)) as spend_{days}d_amount_expected_low,
    expected_orders_{days}d * spend_per_order_{days}d
        * exp(sqrt(orders_above_{days}d ** 2 + spend_above ** 2)) as spend_{days}d_amount_expected_high,
    spend_low_{days}d * spend_scale * spend_factor_{days}d as spend_{days}d_amount_realised_low,
    spend_high_{days}d * spend_scale * spend_factor_{days}d as spend_{days}d_amount_realised_high"""
# More orders are worth less where an order costs more than it brings, more spend where goods cost more.
_VALUE = """discounted_orders_{days}d * order_value_{days}d as predicted_value_{days}d_amount,
    discounted_orders_{days}d * (order_value_{days}d - sqrt(
        (order_value_{days}d * (1 - exp(
            case when order_value_{days}d > 0 then -orders_below_{days}d else orders_above_{days}d end
        ))) ** 2
        + (spend_per_order_{days}d * contribution_ratio
            * (exp(case when contribution_ratio > 0 then -spend_below else spend_above end) - 1)) ** 2
    )) as predicted_value_{days}d_amount_expected_low,
    discounted_orders_{days}d * (order_value_{days}d + sqrt(
        (order_value_{days}d * (exp(
            case when order_value_{days}d > 0 then orders_above_{days}d else -orders_below_{days}d end
        ) - 1)) ** 2
        + (spend_per_order_{days}d * contribution_ratio
            * (exp(case when contribution_ratio > 0 then spend_above else -spend_below end) - 1)) ** 2
    )) as predicted_value_{days}d_amount_expected_high"""
_BY_HORIZON = ",\n    ".join(
    part.format(days=days) for days in HORIZONS for part in (_ORDERS, _SPEND, _VALUE)
)

# By which model, of whoever has a prediction.
_MODEL = ", ".join(
    f"case when expected_orders_90d is not null then {name} end as {name}"
    for name in ("order_form", "purchase_model", "purchase_rung")
)

_CUSTOMER_PREDICTIONS = f"""
select
    * exclude (order_form, purchase_model, purchase_rung, spend_model),
    is_learnt_from as is_in_fit,
    {_MODEL},
    case when spend_per_order is not null then spend_model end as spend_model,
    case when expected_orders_90d is not null then history_days >= {_VERIFIED_DAYS} end as is_verified,
    alive as alive_probability,
    spend_per_order as expected_spend_per_order_amount,
    {_BY_HORIZON}
from {_OF_SHOP}
"""

_CHURN_RISK = f"""
select
    * exclude (median_interval_days),
    no_order_churn as no_order_probability,
    no_order_steady as steady_no_order_probability,
    age_days - 1 - recency_days as days_since_last_order,
    case when has_consent then scored.median_interval_days end as median_interval_days,
    case when has_consent and scored.median_interval_days > 0
        then days_since_last_order / scored.median_interval_days end as overdue_ratio,
    value_amount * no_order_steady as value_at_risk_amount,
    case when no_order_steady < {_MEDIUM} then 'low' when no_order_steady < {_HIGH} then 'medium'
        when no_order_steady is not null then 'high' end as churn_band,
    case when value_amount is not null then no_order_steady >= {_HIGH} and value_amount > 0 end as is_at_risk
from (
    select *, cast(discounted_orders_{_YEAR}d * order_value_{_YEAR}d as decimal(18, 4)) as value_amount
    from {_OF_SHOP}
) as scored
"""

_NEXT_ORDERS = f"""
select
    * exclude (reason),
    round(1 - no_order_{_YEAR}d, 9) as order_{_YEAR}d_probability,
    case when is_likely then as_of_date + cast(ceil(next_low_{_YEAR}d) as integer) end as next_order_low_date,
    case when is_likely then as_of_date + cast(ceil(next_median_{_YEAR}d) as integer) end
        as next_order_median_date,
    case when is_likely then as_of_date + cast(ceil(next_high_{_YEAR}d) as integer) end
        as next_order_high_date,
    case when not is_likely then 'order_unlikely' else scored.reason end as reason
from (select *, 1 - no_order_{_YEAR}d >= {_UNLIKELY} as is_likely from {_OF_SHOP}) as scored
"""

_SITE_VALUES = ", ".join(
    f"discounted_orders_{days}d * order_value_{days}d as predicted_value_{days}d_amount"
    for days in SITE_HORIZONS
)
_SITE_PREDICTIONS = f"""
select
    * exclude (order_form, purchase_model, purchase_rung),
    {_MODEL},
    alive as alive_probability,
    no_order_churn as no_order_probability,
    {_SITE_VALUES}
from {_SCORED}
where site is not null
"""


def _typed(table: str, rows: str) -> str:
    columns = ", ".join(f"cast({name} as {kind}) as {name}" for name, (kind, _) in TABLES[table].items())
    return f"create or replace view {table} as select {columns} from ({rows})"


VIEWS = tuple(
    _typed(table, rows)
    for table, rows in zip(
        TABLES, (_CUSTOMER_PREDICTIONS, _CHURN_RISK, _NEXT_ORDERS, _SITE_PREDICTIONS), strict=True
    )
)
