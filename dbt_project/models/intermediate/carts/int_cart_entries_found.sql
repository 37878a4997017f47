-- Cart and checkout events, and online orders by their first purchase event, else by their row: what may
-- happen to a cart.
with failed as (
    select order_id from {{ ref('int_orders_dated') }}
    where status in ('failed', 'test')
),

events as (
    select
        events.*,
        0 as entry_rank,
        events.event_id as entry_id
    from {{ ref('int_events_identified') }} as events
    left join failed on events.event_type = 'purchase' and events.order_id = failed.order_id
    where
        not events.is_excluded
        and failed.order_id is null
        and {{ is_shopping_event() }}
    qualify
        events.event_type <> 'purchase'
        or events.order_id is null
        or row_number() over (
            partition by events.site, events.shopper_id, events.event_type, events.order_id
            order by {{ event_order() }}
        ) = 1
),

order_rows as (
    select orders.*
    from {{ ref('int_order_shoppers_found') }} as orders
    left join events
        on
            events.event_type = 'purchase'
            and orders.site = events.site
            and orders.shopper_id = events.shopper_id
            and orders.order_id = events.order_id
    where orders.is_online_order and events.event_id is null
)

select
    site,
    shopper_id,
    entry_rank,
    entry_id,
    event_type,
    type_number,
    event_at,
    event_us,
    event_date,
    customer_id,
    visitor_id,
    session_id,
    device_category,
    product_id,
    quantity,
    currency_code,
    value_amount,
    case when event_type = 'purchase' then order_id end as order_id
from events
union all
select
    site,
    shopper_id,
    1 as entry_rank,
    order_id as entry_id,
    'purchase' as event_type,
    0 as type_number,
    ordered_at as event_at,
    ordered_us as event_us,
    order_date as event_date,
    null as customer_id,
    null as visitor_id,
    null as session_id,
    null as device_category,
    null as product_id,
    null as quantity,
    null as currency_code,
    null as value_amount,
    order_id
from order_rows
