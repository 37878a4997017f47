{{ config(severity='warn') }}
-- Only between a site's first and last purchase event that names an order: before and after, nobody tracked.
with purchases as (
    select
        site,
        order_id,
        event_at
    from {{ ref('stg_session_events') }}
    where event_type = 'purchase' and order_id is not null
),

tracked as (
    select
        site,
        min(event_at) as first_at,
        max(event_at) as last_at
    from purchases
    group by site
)

select
    orders.order_id,
    orders.site,
    orders.order_date
from {{ ref('order_facts') }} as orders
inner join tracked
    on orders.site = tracked.site and orders.ordered_at between tracked.first_at and tracked.last_at
where
    orders.is_counted
    and orders.sales_channel = 'online'
    and orders.order_id not in (select order_id from purchases)
