-- Events of visitors who are known as several customers: whom the latest identification until then names.
with shared_visitors as (
    select visitor_id from {{ ref('int_visitors_identified') }}
    where customer_count > 1
),

told as (
    select
        visitor_id,
        customer_id,
        event_us as told_us,
        0 as is_order,
        type_number,
        event_id as told_by_id
    from {{ ref('int_events_sessionised') }}
    where visitor_id in (select visitor_id from shared_visitors)
    union all
    select
        visitor_id,
        customer_id,
        {{ epoch_us('ordered_at') }},
        1,
        0 as type_number,
        order_id
    from {{ ref('int_orders_dated') }}
    where
        customer_id is not null and sales_channel = 'online'
        and visitor_id in (select visitor_id from shared_visitors)
),

remembered as (
    select
        told_by_id as event_id,
        is_order,
        {{ last_known('customer_id') }} over (
            partition by visitor_id
            order by
                told_us asc nulls last, is_order asc nulls last,
                type_number asc nulls last, told_by_id asc nulls last
            rows between unbounded preceding and current row
        ) as customer_id
    from told
)

select
    event_id,
    customer_id
from remembered
where is_order = 0 and customer_id is not null
