{{ config(severity='warn') }}
select
    fulfilment_id,
    order_id,
    order_date,
    shipped_at,
    delivered_at
from {{ ref('fulfilment_facts') }}
where days_to_ship < 0 or delivered_at < shipped_at
