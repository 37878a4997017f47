select
    fulfilment_id,
    order_id,
    named_order_id,
    site,
    carrier,
    shipped_at,
    delivered_at,
    order_date,
    shipped_date,
    delivered_date,
    days_to_ship,
    days_to_deliver,
    is_counted
from {{ ref('int_fulfilments_dated') }}
