-- What happens to carts, per shopper and site in the order of time: cart and checkout events, and online
-- orders by their first purchase event, else by their row, which comes after events of the same moment.
-- A stretch ends with an order or before a silence of more than `end_days`: nothing of a cart outlives
-- it.
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
            order by events.event_us asc nulls last, events.event_id asc nulls last
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
),

entries as (
    select
        {% for name in [
            'site', 'shopper_id', 'entry_rank', 'entry_id', 'event_type', 'event_at', 'event_us', 'event_date',
            'customer_id', 'visitor_id', 'session_id', 'device_category', 'product_id', 'quantity',
            'currency_code', 'value_amount'
        ] -%}
            {{ name }},
        {% endfor -%}
        case when event_type = 'purchase' then order_id end as order_id
    from events
    union all
    select
        site,
        shopper_id,
        1,
        order_id as entry_id,
        'purchase',
        ordered_at,
        ordered_us,
        order_date,
        {% for _ in range(8) -%}
            null,
        {% endfor -%}
        order_id
    from order_rows
),

numbered as (
    select
        *,
        row_number() over entry_order as entry_number,
        coalesce(
            lag(event_type) over entry_order = 'purchase'
            or event_us - lag(event_us) over entry_order > {{ cart_end_us() }}, false
        ) as begins_stretch
    from entries
    window entry_order as (
        partition by site, shopper_id
        order by event_us asc nulls last, entry_rank asc nulls last, entry_id asc nulls last
    )
)

select
    *,
    cast(sum(case when begins_stretch then 1 else 0 end) over (
        partition by site, shopper_id
        order by entry_number asc nulls last
        rows between unbounded preceding and current row
    ) as bigint) as stretch_number
from numbered
