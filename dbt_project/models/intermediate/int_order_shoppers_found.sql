-- Due orders with the shoppers that they are of. An order of a customer is also of the visitor that it
-- names: who was never identified by an event keeps its carts there. An order without a customer goes to
-- the owner of the visitor's latest event before it, else of the earliest after it.
with orders as (
    select
        order_id,
        site,
        ordered_at,
        {{ epoch_us('ordered_at') }} as ordered_us,
        order_date,
        person_customer_id,
        visitor_id,
        is_counted,
        {{ is_online_order() }} as is_online_order
    from {{ ref('int_orders_identified') }}
),

visitor_owners as (
    select
        orders.order_id,
        events.shopper_id
    from orders
    inner join {{ ref('int_events_identified') }} as events on orders.visitor_id = events.visitor_id
    where orders.person_customer_id is null
    qualify
        row_number() over (
            partition by orders.order_id
            order by
                case when events.event_us <= orders.ordered_us then 0 else 1 end asc nulls last,
                abs(events.event_us - orders.ordered_us) asc nulls last,
                case when events.event_us <= orders.ordered_us then events.event_id end desc nulls last,
                events.event_id asc nulls last
        ) = 1
),

shoppers as (
    select
        order_id,
        'customer:' || person_customer_id as shopper_id
    from orders
    where person_customer_id is not null
    union all
    select
        orders.order_id,
        coalesce(visitor_owners.shopper_id, 'visitor:' || orders.visitor_id)
    from orders
    left join visitor_owners on orders.order_id = visitor_owners.order_id
    where orders.visitor_id is not null
)

select
    orders.order_id,
    shoppers.shopper_id,
    orders.site,
    orders.ordered_at,
    orders.ordered_us,
    orders.order_date,
    orders.is_counted,
    orders.is_online_order
from orders
inner join shoppers on orders.order_id = shoppers.order_id
