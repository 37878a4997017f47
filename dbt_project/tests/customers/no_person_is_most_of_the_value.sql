{{ config(severity='warn', tags=['after_predictions']) }}
{% set most = '0.2' %}
with valued as (
    select
        person_id,
        predicted_value_365d_amount,
        sum(case when predicted_value_365d_amount > 0 then predicted_value_365d_amount end) over ()
            as all_amount
    from {{ ref('customer_value') }}
    where predicted_value_365d_amount is not null
)

select
    person_id,
    predicted_value_365d_amount,
    all_amount
from valued
where predicted_value_365d_amount > cast({{ most }} as decimal(2, 1)) * all_amount
