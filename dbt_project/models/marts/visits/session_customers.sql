select
    session_id,
    session_date,
    nullif(customer_id, visitor_customer_id) as customer_id,
    nullif(last_non_direct_channel, visitor_last_non_direct_channel) as last_non_direct_channel,
    nullif(first_touch_channel, visitor_first_touch_channel) as first_touch_channel,
    has_many_customers
from {{ ref('int_customer_sessions_found') }}
where
    customer_id <> visitor_customer_id
    or last_non_direct_channel <> visitor_last_non_direct_channel
    or first_touch_channel <> visitor_first_touch_channel
    or has_many_customers
