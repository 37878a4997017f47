-- When the goods of each order left and arrived: an order has arrived when all that left has.
select
    order_id,
    min(shipped_at) as shipped_at,
    case when count(*) = count(delivered_at) then max(delivered_at) end as delivered_at,
    case when count(*) = count(delivered_at) then max(days_to_deliver) end as days_to_deliver
from {{ ref('int_fulfilments_dated') }}
where order_id is not null
group by order_id
