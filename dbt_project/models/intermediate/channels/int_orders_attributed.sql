-- Due orders with the session that brought them: the one of the first purchase event, else the nearest one of
-- the visitor, else of the person.
with purchases as (
    select
        order_id,
        session_id
    from {{ ref('int_events_identified') }}
    where event_type = 'purchase' and order_id is not null and not is_excluded
    qualify row_number() over (
        partition by order_id order by event_us asc nulls last, event_id asc nulls last
    ) = 1
),

told as (
    select
        placed.order_id,
        case
            when placed.sales_channel <> 'store'
                then coalesce(purchases.session_id, near.visitor_session_id, near.person_session_id)
        end as session_id,
        case
            when placed.sales_channel = 'store' then 'offline'
            when purchases.session_id is not null then 'purchase_event'
            when near.visitor_session_id is not null then 'visitor'
            when near.person_session_id is not null then 'person'
            else 'unknown'
        end as attributed_by
    from {{ ref('int_orders_identified') }} as placed
    left join purchases on placed.order_id = purchases.order_id
    left join {{ ref('int_order_sessions_found') }} as near on placed.order_id = near.order_id
)

select
    told.order_id,
    told.session_id,
    coalesce(sessions.channel, '(' || told.attributed_by || ')') as channel,
    coalesce(
        customers.last_non_direct_channel, sessions.last_non_direct_channel, '(' || told.attributed_by || ')'
    ) as last_non_direct_channel,
    coalesce(customers.first_touch_channel, sessions.first_touch_channel, '(' || told.attributed_by || ')')
        as first_touch_channel,
    told.attributed_by
from told
left join {{ ref('int_sessions_channelled') }} as sessions on told.session_id = sessions.session_id
left join {{ ref('int_customer_sessions_found') }} as customers on told.session_id = customers.session_id
