with orders as (
    select count(*) as order_count
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_sites_told') }} as told on orders.site = told.site and told.has_visits
    where
        {{ is_online_order() }}
        and not {{ is_listed('orders.person_customer_id', var('internal_customers')) }}
),

ended as (
    select count(distinct carts.order_id) as order_count
    from {{ ref('carts') }} as carts
    inner join {{ ref('int_orders_identified') }} as orders on carts.order_id = orders.order_id
    inner join {{ ref('int_sites_told') }} as told on orders.site = told.site and told.has_visits
    where
        {{ is_online_order() }}
        and not {{ is_listed('orders.person_customer_id', var('internal_customers')) }}
),

cartless as (
    select coalesce(sum(order_without_cart_count), 0) as order_count
    from {{ ref('daily_cart_abandonment') }}
    where site = '(all)'
)

select
    orders.order_count,
    ended.order_count as ended_order_count,
    cartless.order_count as cartless_order_count
from orders
cross join ended
cross join cartless
where orders.order_count <> ended.order_count + cartless.order_count
