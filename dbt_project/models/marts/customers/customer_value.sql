select
    customers.person_id,
    customers.customer_id,
    customers.person_kind,
    history.as_of_date,
    inputs.first_order_date,
    inputs.last_order_date,
    predictions.order_form,
    predictions.purchase_model,
    predictions.spend_model,
    churn_risk.churn_band,
    segments.rfm_segment,
    case
        when customers.order_count = 0 then 'no_order'
        when customers.person_kind = 'order' then 'guest'
        else predictions.reason
    end as reason,
    ranked.high_potential_reason,
    customers.order_count,
    inputs.frequency,
    inputs.recency_days,
    inputs.age_days,
    churn_risk.days_since_last_order,
    churn_risk.median_interval_days,
    churn_risk.overdue_ratio,
    customers.contribution_amount as historic_contribution_amount,
    customers.net_sales_amount as historic_net_sales_amount,
    cast(inputs.mean_spend_amount as decimal(18, 4)) as mean_spend_amount,
    predictions.contribution_ratio,
    predictions.alive_probability,
    predictions.no_order_30d_probability,
    predictions.expected_orders_30d,
    predictions.expected_spend_30d_amount,
    predictions.predicted_value_30d_amount,
    predictions.no_order_90d_probability,
    predictions.expected_orders_90d,
    predictions.expected_spend_90d_amount,
    predictions.predicted_value_90d_amount,
    predictions.orders_90d_expected_low,
    predictions.orders_90d_expected_high,
    predictions.orders_90d_realised_low,
    predictions.orders_90d_realised_high,
    predictions.spend_90d_amount_expected_low,
    predictions.spend_90d_amount_expected_high,
    predictions.spend_90d_amount_realised_low,
    predictions.spend_90d_amount_realised_high,
    predictions.predicted_value_90d_amount_expected_low,
    predictions.predicted_value_90d_amount_expected_high,
    predictions.no_order_365d_probability,
    predictions.expected_orders_365d,
    predictions.expected_spend_365d_amount,
    predictions.predicted_value_365d_amount,
    predictions.orders_365d_expected_low,
    predictions.orders_365d_expected_high,
    predictions.orders_365d_realised_low,
    predictions.orders_365d_realised_high,
    predictions.spend_365d_amount_expected_low,
    predictions.spend_365d_amount_expected_high,
    predictions.spend_365d_amount_realised_low,
    predictions.spend_365d_amount_realised_high,
    predictions.predicted_value_365d_amount_expected_low,
    predictions.predicted_value_365d_amount_expected_high,
    churn_risk.no_order_probability as churn_probability,
    churn_risk.steady_no_order_probability as steady_churn_probability,
    churn_risk.value_at_risk_amount,
    cast(ranked.value_rank as bigint) as value_rank,
    ranked.value_decile,
    next_orders.order_365d_probability,
    next_orders.next_order_low_date,
    next_orders.next_order_median_date,
    next_orders.next_order_high_date,
    next_orders.reason as next_order_reason,
    customers.is_cost_estimated,
    customers.has_profiling_consent,
    coalesce(inputs.is_in_fit and inputs.has_consent, false) as is_in_fit,
    churn_risk.is_at_risk,
    case when ranked.value_rank > 0 then ranked.high_potential_reason is not null end as is_high_potential,
    predictions.is_verified
from {{ ref('customers') }} as customers
cross join {{ ref('int_history_bounded') }} as history
left join {{ ref('int_customer_inputs') }} as inputs on customers.person_id = inputs.person_id
left join {{ source('predictions', 'customer_predictions') }} as predictions
    on customers.person_id = predictions.person_id
left join {{ source('predictions', 'churn_risk') }} as churn_risk
    on customers.person_id = churn_risk.person_id
left join {{ source('predictions', 'next_orders') }} as next_orders
    on customers.person_id = next_orders.person_id
left join {{ ref('customer_rfm') }} as segments on customers.person_id = segments.person_id
left join {{ ref('int_customer_values_ranked') }} as ranked on customers.person_id = ranked.person_id
