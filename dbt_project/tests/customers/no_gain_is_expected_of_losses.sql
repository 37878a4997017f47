{{ config(severity='warn', tags=['after_predictions']) }}
select
    person_id,
    historic_net_sales_amount,
    predicted_value_365d_amount
from {{ ref('customer_value') }}
where historic_net_sales_amount < 0 and predicted_value_365d_amount > 0
