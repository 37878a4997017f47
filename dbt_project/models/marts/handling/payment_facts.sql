select
    payment_id,
    order_id,
    named_order_id,
    site,
    method,
    currency_code,
    reporting_currency_code,
    paid_at,
    payment_date,
    order_date,
    amount as delivered_amount,
    converted_amount as paid_amount,
    is_counted
from {{ ref('int_payments_converted') }}
