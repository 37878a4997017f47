-- Counted online orders placed in a session, each with its place in it. An order that no event tells of was
-- placed in the session that it is attributed to if that could still go on at its moment.
with purchases as (
    select
        order_id,
        session_id,
        event_us,
        event_id
    from {{ ref('int_events_sessionised') }}
    where event_type = 'purchase' and order_id is not null
    qualify row_number() over (
        partition by order_id, session_id
        order by event_us asc nulls last, event_id asc nulls last
    ) = 1
),

placed as (
    select
        orders.order_id,
        orders.session_id,
        coalesce(purchases.event_us, {{ epoch_us('orders.ordered_at') }}) as placed_us,
        purchases.event_id as purchase_event_id,
        orders.gross_sales_amount - orders.discount_amount as revenue_amount
    from {{ ref('orders') }} as orders
    inner join {{ ref('int_sessions_channelled') }} as sessions on orders.session_id = sessions.session_id
    left join purchases on orders.order_id = purchases.order_id and orders.session_id = purchases.session_id
    where
        orders.is_counted
        and orders.sales_channel = 'online'
        and (
            purchases.event_id is not null
            or {{ epoch_us('orders.ordered_at') }}
            <= sessions.last_event_us + {{ session_gap_us() }}
        )
)

select
    *,
    row_number() over (
        partition by session_id
        order by placed_us desc nulls last, purchase_event_id desc nulls first, order_id desc nulls last
    ) = 1 as is_last_of_session
from placed
