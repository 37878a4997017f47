-- Visitors of whom an event or an online order tells which customers they are.
with told as (
    select
        visitor_id,
        customer_id,
        event_us as identified_us,
        0 as is_order,
        type_number,
        event_id as told_by_id
    from {{ ref('int_events_sessionised') }}
    where customer_id is not null
    union all
    select
        visitor_id,
        customer_id,
        {{ epoch_us('ordered_at') }},
        1,
        0 as type_number,
        order_id
    from {{ ref('int_orders_dated') }}
    where visitor_id is not null and customer_id is not null and sales_channel = 'online'
),

numbered as (
    select
        *,
        row_number() over (
            partition by visitor_id
            order by
                identified_us asc nulls last, is_order asc nulls last,
                type_number asc nulls last, told_by_id asc nulls last
        ) as identification_number
    from told
)

select
    visitor_id,
    max(case when identification_number = 1 then customer_id end) as first_customer_id,
    cast(count(distinct customer_id) as bigint) as customer_count
from numbered
group by visitor_id
