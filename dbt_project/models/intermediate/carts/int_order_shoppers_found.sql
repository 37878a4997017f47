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

guests as (
    select * from orders
    where person_customer_id is null and visitor_id is not null
),

-- Orders among events by one sort: a join would pair every order of a till's visitor with every event.
moments as (
    select
        visitor_id,
        event_us as moment_us,
        0 as is_order,
        type_number,
        event_id as moment_id,
        shopper_id
    from {{ ref('int_events_identified') }}
    where visitor_id in (select visitor_id from guests)
    union all
    select
        visitor_id,
        -- Named here too: Spark's optimizer breaks its own plan otherwise.
        ordered_us as moment_us,
        1 as is_order,
        0 as type_number,
        order_id as moment_id,
        cast(null as {{ dbt.type_string() }}) as shopper_id
    from guests
),

owned as (
    select
        moment_id as order_id,
        is_order,
        coalesce(
            {{ last_known('shopper_id') }} over until_then,
            {{ last_known('shopper_id') }} over from_then,
            'visitor:' || visitor_id
        ) as shopper_id
    from moments
    window
        until_then as (
            partition by visitor_id
            order by
                moment_us asc nulls last, is_order asc nulls last,
                type_number asc nulls last, moment_id asc nulls last
            rows between unbounded preceding and current row
        ),
        from_then as (
            partition by visitor_id
            order by
                moment_us desc nulls last, is_order desc nulls last,
                type_number desc nulls last, moment_id desc nulls last
            rows between unbounded preceding and current row
        )
),

shoppers as (
    select
        order_id,
        'customer:' || person_customer_id as shopper_id
    from orders
    where person_customer_id is not null
    union all
    select
        order_id,
        'visitor:' || visitor_id
    from orders
    where person_customer_id is not null and visitor_id is not null
    union all
    select
        order_id,
        shopper_id
    from owned
    where is_order = 1
)

select
    orders.*,
    shoppers.shopper_id
from orders
inner join shoppers on orders.order_id = shoppers.order_id
