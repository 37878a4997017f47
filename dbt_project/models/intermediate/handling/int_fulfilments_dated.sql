-- What had left the shop by the end of the as-of day, on the clock of its order's site, with that order where
-- it is there. What arrived later is still on its way.
with dated as (
    select
        fulfilments.*,
        {{ local_day('fulfilments.shipped_at', order_clock('clocks')) }} as shipped_date,
        {{ local_day('fulfilments.delivered_at', order_clock('clocks')) }} as told_delivered_date
    from {{ ref('stg_fulfilments') }} as fulfilments
    left join {{ ref('int_order_clocks_found') }} as clocks on fulfilments.order_id = clocks.order_id
),

arrived as (
    select
        *,
        case when told_delivered_date <= {{ as_of_date() }} then delivered_at end as due_delivered_at,
        case when told_delivered_date <= {{ as_of_date() }} then told_delivered_date end as delivered_date
    from dated
    where shipped_date <= {{ as_of_date() }}
)

select
    arrived.fulfilment_id,
    arrived.order_id as named_order_id,
    orders.order_id,
    orders.person_id,
    orders.site,
    arrived.carrier,
    arrived.shipped_at,
    arrived.due_delivered_at as delivered_at,
    orders.order_date,
    arrived.shipped_date,
    arrived.delivered_date,
    {{ day_diff('orders.order_date', 'arrived.shipped_date') }} as days_to_ship,
    {{ day_diff('orders.order_date', 'arrived.delivered_date') }} as days_to_deliver,
    coalesce(orders.is_counted, false) as is_counted
from arrived
left join {{ ref('int_orders_identified') }} as orders on arrived.order_id = orders.order_id
