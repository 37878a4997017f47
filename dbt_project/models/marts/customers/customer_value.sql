{% set horizons = [30, 90, 365] %}
with valued as (
    select
        customers.person_id,
        predictions.predicted_value_365d_amount > 0 and predictions.frequency > 0
        and predictions.age_days <= {{ young_days() }} as is_young_and_back,
        predictions.predicted_value_365d_amount > 0 as is_worth_something,
        rank() over (order by predictions.predicted_value_365d_amount desc nulls last) as value_rank,
        rank() over (order by predictions.predicted_value_365d_amount asc nulls last) as value_place,
        rank() over (order by customers.contribution_amount asc nulls last) as historic_place,
        count(*) over () as all_count,
        rank() over (
            partition by predictions.age_days <= {{ young_days() }}
            order by predictions.predicted_value_365d_amount asc nulls last
        ) as young_place,
        count(*) over (partition by predictions.age_days <= {{ young_days() }}) as young_count
    from {{ source('predictions', 'customer_predictions') }} as predictions
    inner join {{ ref('customers') }} as customers on predictions.person_id = customers.person_id
    where predictions.predicted_value_365d_amount is not null
),

ranked as (
    select
        person_id,
        value_rank,
        {{ tenth('value_place', 'all_count') }} as value_decile,
        case
            when is_young_and_back and {{ tenth('young_place', 'young_count') }} = 1 then 'young_and_ahead'
            when
                is_worth_something and {{ tenth('value_place', 'all_count') }} <= 2
                and {{ score('historic_place', 'all_count', 2) }} = 1 then 'more_to_come'
        end as high_potential_reason
    from valued
)

select
    customers.person_id,
    customers.customer_id,
    customers.person_kind,
    history.as_of_date,
    inputs.first_order_date,
    inputs.last_order_date,
    customer_predictions.order_form,
    customer_predictions.purchase_model,
    customer_predictions.spend_model,
    churn_risk.churn_band,
    segments.rfm_segment,
    case
        when customers.order_count = 0 then 'no_order'
        when customers.person_kind = 'order' then 'guest'
        else customer_predictions.reason
    end as reason,
    ranked.high_potential_reason,
    customers.order_count,
    inputs.frequency,
    inputs.recency_days,
    inputs.age_days,
    {% for name in ['days_since_last_order', 'median_interval_days', 'overdue_ratio'] -%}
        churn_risk.{{ name }},
    {% endfor -%}
    customers.contribution_amount as historic_contribution_amount,
    customers.net_sales_amount as historic_net_sales_amount,
    cast(inputs.mean_spend_amount as decimal(18, 4)) as mean_spend_amount,
    {% for name in ['contribution_ratio', 'alive_probability'] -%}
        customer_predictions.{{ name }},
    {% endfor -%}
    {% for days in horizons -%}
        customer_predictions.no_order_{{ days }}d_probability,
        {% for name in ['expected_orders_' ~ days ~ 'd', 'expected_spend_' ~ days ~ 'd_amount',
            'predicted_value_' ~ days ~ 'd_amount'] -%}
            customer_predictions.{{ name }},
        {% endfor -%}
        {% for name in (value_intervals(days) if days > 30 else []) -%}
            customer_predictions.{{ name }},
        {% endfor -%}
    {% endfor -%}
    churn_risk.no_order_probability as churn_probability,
    churn_risk.value_at_risk_amount,
    cast(ranked.value_rank as bigint) as value_rank,
    ranked.value_decile,
    next_orders.order_365d_probability,
    {% for name in ['low', 'median', 'high'] -%}
        next_orders.next_order_{{ name }}_date,
    {% endfor -%}
    next_orders.reason as next_order_reason,
    customers.is_cost_estimated,
    customers.has_profiling_consent,
    coalesce(inputs.is_in_fit and inputs.has_consent, false) as is_in_fit,
    churn_risk.is_at_risk,
    case when ranked.value_rank > 0 then ranked.high_potential_reason is not null end as is_high_potential,
    customer_predictions.is_verified
from {{ ref('customers') }} as customers
cross join {{ ref('int_history_bounded') }} as history
left join {{ ref('int_customer_inputs') }} as inputs on customers.person_id = inputs.person_id
{% for name in ['customer_predictions', 'churn_risk', 'next_orders'] -%}
    left join {{ source('predictions', name) }} as {{ name }} on customers.person_id = {{ name }}.person_id
{% endfor -%}
left join {{ ref('customer_rfm') }} as segments on customers.person_id = segments.person_id
left join ranked on customers.person_id = ranked.person_id
