-- Sessions whose visitor is known as a customer, with what the customer's whole history says of each: that of
-- all visitors who are this customer.
with shared_sessions as (
    select
        session_id,
        max(case when is_session_start then customer_id end) as customer_id,
        min(customer_id) <> max(customer_id) as has_many_customers
    from {{ ref('int_events_identified') }}
    where
        visitor_id in (
            select visitor_id from {{ ref('int_visitors_identified') }}
            where customer_count > 1
        )
    group by session_id
),

known as (
    select
        sessions.session_id,
        sessions.visitor_id,
        visitors.first_customer_id as visitor_customer_id,
        coalesce(shared_sessions.customer_id, visitors.first_customer_id) as customer_id,
        sessions.session_date,
        sessions.started_us,
        sessions.last_event_us,
        sessions.channel,
        sessions.known_channel,
        sessions.last_non_direct_channel as visitor_last_non_direct_channel,
        sessions.first_touch_channel as visitor_first_touch_channel,
        coalesce(shared_sessions.has_many_customers, false) as has_many_customers
    from {{ ref('int_sessions_channelled') }} as sessions
    inner join {{ ref('int_visitors_identified') }} as visitors on sessions.visitor_id = visitors.visitor_id
    left join shared_sessions on sessions.session_id = shared_sessions.session_id
),

looked_back as (
    select
        *,
        {{ channels_looked_back() }}
    from known
    window life as ({{ life_of('customer_id') }})
)

select
    session_id,
    visitor_id,
    visitor_customer_id,
    customer_id,
    session_date,
    started_us,
    last_event_us,
    visitor_last_non_direct_channel,
    visitor_first_touch_channel,
    {{ last_non_direct_channel() }} as last_non_direct_channel,
    first_touch_channel,
    has_many_customers
from looked_back
