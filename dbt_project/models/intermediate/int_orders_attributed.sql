-- Due orders with the session that brought them: the one of the first purchase event, else the visitor's,
-- else the person's last one that began in the 30 days before.
{% set reach_us = 30 * 86400000000 %}
with placed as (
    select
        order_id,
        visitor_id,
        person_customer_id as customer_id,
        sales_channel,
        {{ epoch_us('ordered_at') }} as ordered_us
    from {{ ref('int_orders_identified') }}
),

sessions as (
    select * from {{ ref('int_sessions_attributed') }}
),

purchases as (
    select
        order_id,
        session_id
    from {{ ref('int_events_identified') }}
    where event_type = 'purchase' and order_id is not null and not is_excluded
    qualify row_number() over (
        partition by order_id
        order by event_us asc nulls last, event_id asc nulls last
    ) = 1
),

candidates as (
    select
        order_id,
        session_id,
        'purchase_event' as attributed_by,
        1 as preference,
        0 as started_us
    from purchases
    {% for by, preference, key in [('visitor', 2, 'visitor_id'), ('person', 3, 'customer_id')] -%}
        union all
        select
            placed.order_id,
            sessions.session_id,
            '{{ by }}',
            {{ preference }},
            sessions.started_us
        from placed
        inner join sessions
            on
                placed.{{ key }} = sessions.{{ key }}
                and sessions.started_us between placed.ordered_us - {{ reach_us }} and placed.ordered_us
    {% endfor -%}
),

chosen as (
    select * from candidates
    qualify row_number() over (
        partition by order_id
        order by preference asc nulls last, started_us desc nulls last, session_id desc nulls last
    ) = 1
),

told as (
    select
        placed.order_id,
        case when placed.sales_channel <> 'store' then chosen.session_id end as session_id,
        case
            when placed.sales_channel = 'store' then 'offline'
            else coalesce(chosen.attributed_by, 'unknown')
        end as attributed_by
    from placed
    left join chosen on placed.order_id = chosen.order_id
)

select
    told.order_id,
    told.session_id,
    {% for name in ['channel', 'last_non_direct_channel', 'first_touch_channel'] -%}
        coalesce(sessions.{{ name }}, '(' || told.attributed_by || ')') as {{ name }},
    {% endfor -%}
    told.attributed_by
from told
left join sessions on told.session_id = sessions.session_id
