select
    sessions.session_id,
    sessions.session_date,
    count(*) as order_count,
    cast(sum(placed.revenue_amount) as decimal(18, 4)) as order_amount
from {{ ref('int_session_orders_placed') }} as placed
inner join {{ ref('int_sessions_channelled') }} as sessions on placed.session_id = sessions.session_id
group by sessions.session_id, sessions.session_date
