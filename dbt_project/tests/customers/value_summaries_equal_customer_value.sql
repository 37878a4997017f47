{{ config(tags=['after_predictions']) }}
{% set zero = number('0') %}
with valued as (
    select
        count(*) as customer_count,
        count(predicted_value_365d_amount) as valued_count,
        coalesce(cast(sum(historic_contribution_amount) as decimal(18, 4)), {{ zero }}) as historic_amount,
        coalesce(cast(sum(predicted_value_365d_amount) as decimal(18, 4)), {{ zero }}) as predicted_amount
    from {{ ref('customer_value') }}
    where order_count > 0
),

told as (
    select
        case when channel = '(all)' then 'all_channels' else 'each_channel' end as told_by,
        sum(customer_count) as customer_count,
        sum(valued_customer_count) as valued_count,
        sum(historic_contribution_amount) as historic_amount,
        sum(predicted_value_365d_amount) as predicted_amount
    from {{ ref('value_by_channel') }}
    group by case when channel = '(all)' then 'all_channels' else 'each_channel' end
    union all
    select
        'concentration' as told_by,
        sum(case when value_kind = 'historic' then customer_count end) as customer_count,
        sum(case when value_kind = 'predicted' then customer_count end) as valued_count,
        sum(case when value_kind = 'historic' then value_amount end) as historic_amount,
        sum(case when value_kind = 'predicted' then value_amount end) as predicted_amount
    from {{ ref('value_concentration') }}
)

select told.*
from told
cross join valued
where
    coalesce(told.customer_count, 0) <> valued.customer_count
    or coalesce(told.valued_count, 0) <> valued.valued_count
    or coalesce(told.historic_amount, 0) <> valued.historic_amount
    or coalesce(told.predicted_amount, 0) <> valued.predicted_amount
