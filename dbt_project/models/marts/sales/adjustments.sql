select
    adjustment_id,
    order_id,
    named_order_id,
    person_id,
    customer_id,
    site,
    kind,
    currency_code,
    adjusted_at,
    adjustment_date,
    order_date,
    exchange_rate,
    amount as delivered_amount,
    converted_amount as adjusted_amount,
    is_counted,
    is_sales_correction
from {{ ref('int_adjustments_converted') }}
