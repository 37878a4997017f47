"""The statements that join scores to persons and write the tables of predictions."""

from __future__ import annotations

from mandje.predict.inputs import IN_FIT, SHOP, Scope
from mandje.predict.tables import BAND_LIMITS, HORIZONS, SITE_HORIZONS

_YEAR = 365
_MEDIUM, _HIGH = BAND_LIMITS
# Below it, a date would say more than is known.
_UNLIKELY = 0.1


def _scored_persons(scope: Scope) -> str:
    """Persons with their scores; what is theirs of the contribution ratio grows with their net sales."""
    return f"""
(
    select
        *,
        case when spend_per_order is not null then round(
            (cast(goods_contribution_amount as double) + credibility_amount * site_contribution_ratio)
            / (cast(kept_sales_amount as double) + credibility_amount), 6
        ) end as contribution_ratio,
        spend_per_order * contribution_ratio - site_order_cost_amount as order_value
    from (
        select
            inputs.*,
            {IN_FIT} as is_learnt_from,
            history_scores.* exclude (frequency, recency_days, age_days, spend_days),
            spend_scores.* exclude (spend_days, mean_spend_amount),
            site_money.* exclude (home_site),
            $as_of_date as as_of_date,
            case when inputs.has_consent then $reason else 'no_consent' end as reason
        from {scope.inputs} as inputs
        left join history_scores
            on inputs.has_consent
            and inputs.frequency = history_scores.frequency
            and inputs.recency_days = history_scores.recency_days
            and inputs.age_days = history_scores.age_days
            and inputs.spend_days = history_scores.spend_days
        left join spend_scores
            on inputs.has_consent
            and inputs.spend_days = spend_scores.spend_days
            and inputs.mean_spend_amount is not distinct from spend_scores.mean_spend_amount
        left join site_money on inputs.home_site = site_money.home_site
    )
)
"""


_ORDERS = """no_order_{days}d as no_order_{days}d_probability,
    one_order_{days}d as one_order_{days}d_probability,
    expected_orders_{days}d,
    orders_expected_low_{days}d as orders_{days}d_expected_low,
    orders_expected_high_{days}d as orders_{days}d_expected_high,
    orders_low_{days}d as orders_{days}d_realised_low,
    orders_high_{days}d as orders_{days}d_realised_high"""
# Errors of orders and of spend per order are independent: their squares add up.
_SPEND = """expected_orders_{days}d * spend_per_order as expected_spend_{days}d_amount,
    expected_orders_{days}d * spend_per_order
        * exp(-sqrt(orders_below_{days}d ** 2 + spend_below ** 2)) as spend_{days}d_amount_expected_low,
    expected_orders_{days}d * spend_per_order
        * exp(sqrt(orders_above_{days}d ** 2 + spend_above ** 2)) as spend_{days}d_amount_expected_high,
    spend_low_{days}d * spend_scale as spend_{days}d_amount_realised_low,
    spend_high_{days}d * spend_scale as spend_{days}d_amount_realised_high"""
# More orders are worth less where an order costs more than it brings, more spend where goods cost more.
_VALUE = """discounted_orders_{days}d * order_value as predicted_value_{days}d_amount,
    discounted_orders_{days}d * (order_value - sqrt(
        (order_value * (1 - exp(
            case when order_value > 0 then -orders_below_{days}d else orders_above_{days}d end
        ))) ** 2
        + (spend_per_order * contribution_ratio
            * (exp(case when contribution_ratio > 0 then -spend_below else spend_above end) - 1)) ** 2
    )) as predicted_value_{days}d_amount_expected_low,
    discounted_orders_{days}d * (order_value + sqrt(
        (order_value * (exp(
            case when order_value > 0 then orders_above_{days}d else -orders_below_{days}d end
        ) - 1)) ** 2
        + (spend_per_order * contribution_ratio
            * (exp(case when contribution_ratio > 0 then spend_above else -spend_below end) - 1)) ** 2
    )) as predicted_value_{days}d_amount_expected_high"""
_BY_HORIZON = ",\n    ".join(
    part.format(days=days) for days in HORIZONS for part in (_ORDERS, _SPEND, _VALUE)
)

# By which model, of whoever has a prediction.
_MODEL = """case when alive is not null then $order_form end as order_form,
    case when alive is not null then $purchase_model end as purchase_model,
    case when alive is not null then $purchase_rung end as purchase_rung"""

_CUSTOMER_PREDICTIONS = f"""
insert into predictions.customer_predictions by name
select
    person_id,
    as_of_date,
    frequency,
    recency_days,
    age_days,
    spend_days,
    mean_spend_amount,
    is_learnt_from as is_in_fit,
    {_MODEL},
    case when spend_per_order is not null then $spend_model end as spend_model,
    case when alive is not null then history_days >= $verified_days end as is_verified,
    alive as alive_probability,
    order_weight,
    spend_per_order as expected_spend_per_order_amount,
    contribution_ratio,
    {_BY_HORIZON},
    reason
from {_scored_persons(SHOP)}
order by person_id
"""

_CHURN_RISK = f"""
insert into predictions.churn_risk by name
select
    person_id,
    as_of_date,
    $churn_horizon as churn_horizon_days,
    no_order_churn as no_order_probability,
    age_days - 1 - recency_days as days_since_last_order,
    case when has_consent then median_interval_days end as median_interval_days,
    case when has_consent and median_interval_days > 0
        then days_since_last_order / median_interval_days end as overdue_ratio,
    value_amount * no_order_churn as value_at_risk_amount,
    case when no_order_churn < {_MEDIUM} then 'low' when no_order_churn < {_HIGH} then 'medium'
        when no_order_churn is not null then 'high' end as churn_band,
    case when value_amount is not null then no_order_churn >= {_HIGH} and value_amount > 0 end as is_at_risk,
    reason
from (
    select *, cast(discounted_orders_{_YEAR}d * order_value as decimal(18, 4)) as value_amount
    from {_scored_persons(SHOP)}
)
order by person_id
"""

_NEXT_ORDERS = f"""
insert into predictions.next_orders by name
select
    person_id,
    as_of_date,
    round(1 - no_order_{_YEAR}d, 9) as order_{_YEAR}d_probability,
    case when is_likely then as_of_date + cast(ceil(next_low_{_YEAR}d) as integer) end as next_order_low_date,
    case when is_likely then as_of_date + cast(ceil(next_median_{_YEAR}d) as integer) end
        as next_order_median_date,
    case when is_likely then as_of_date + cast(ceil(next_high_{_YEAR}d) as integer) end
        as next_order_high_date,
    case when not is_likely then 'order_unlikely' else reason end as reason
from (select *, 1 - no_order_{_YEAR}d >= {_UNLIKELY} as is_likely from {_scored_persons(SHOP)})
order by person_id
"""

_ON_SITE = ", ".join(
    f"expected_orders_{days}d, discounted_orders_{days}d * order_value as predicted_value_{days}d_amount"
    for days in SITE_HORIZONS
)


def insert_site(scope: Scope) -> str:
    """The statement that writes the rows of a site; of the whole shop, where it has but one."""
    return f"""
insert into predictions.site_predictions by name
select
    home_site as site,
    person_id,
    as_of_date,
    {_MODEL},
    alive as alive_probability,
    contribution_ratio,
    $churn_horizon as churn_horizon_days,
    no_order_churn as no_order_probability,
    {_ON_SITE},
    reason
from {_scored_persons(scope)}
order by person_id
"""


INSERTS = (_CUSTOMER_PREDICTIONS, _CHURN_RISK, _NEXT_ORDERS)
