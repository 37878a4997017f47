{% set horizons = [30, 90, 365] %}
select
    customers.person_id,
    customers.customer_id,
    customers.person_kind,
    history.as_of_date,
    inputs.first_order_date,
    inputs.last_order_date,
    predictions.purchase_model,
    predictions.spend_model,
    risk.churn_band,
    case
        when customers.order_count = 0 then 'no_order'
        when customers.person_kind = 'order' then 'guest'
        else predictions.reason
    end as reason,
    customers.order_count,
    inputs.frequency,
    inputs.recency_days,
    inputs.age_days,
    risk.days_since_last_order,
    risk.median_interval_days,
    risk.overdue_ratio,
    customers.contribution_amount as historic_contribution_amount,
    customers.net_sales_amount as historic_net_sales_amount,
    cast(inputs.mean_spend_amount as decimal(18, 4)) as mean_spend_amount,
    predictions.alive_probability,
    {% for days in horizons -%}
        predictions.no_order_{{ days }}d_probability,
        predictions.expected_orders_{{ days }}d,
        predictions.expected_spend_{{ days }}d_amount,
        predictions.predicted_value_{{ days }}d_amount,
    {% endfor -%}
    risk.no_order_probability as churn_probability,
    risk.value_at_risk_amount,
    customers.is_cost_estimated,
    customers.has_profiling_consent,
    coalesce(inputs.is_in_fit, false) as is_in_fit,
    coalesce(risk.is_at_risk, false) as is_at_risk,
    predictions.is_verified
from {{ ref('customers') }} as customers
cross join {{ ref('int_history_bounded') }} as history
left join {{ ref('int_customer_inputs') }} as inputs on customers.person_id = inputs.person_id
left join {{ source('predictions', 'customer_predictions') }} as predictions
    on customers.person_id = predictions.person_id
left join {{ source('predictions', 'churn_risk') }} as risk on customers.person_id = risk.person_id
