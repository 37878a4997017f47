-- Visits of customers who may be profiled, the device they used most (by sessions, of equal ones the first by
-- name), and the carts they left.
with profiled as (
    select customers.person_id
    from {{ ref('customers') }} as customers
    where customers.has_profiling_consent and customers.person_kind = 'customer'
),

by_device as (
    select
        profiled.person_id,
        sessions.device_category,
        count(*) as session_count,
        max(sessions.session_date) as last_session_date
    from {{ ref('int_customer_sessions_found') }} as known
    inner join profiled on 'customer:' || known.customer_id = profiled.person_id
    inner join {{ ref('session_facts') }} as sessions on known.session_id = sessions.session_id
    group by profiled.person_id, sessions.device_category
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_id
            order by
                case when device_category is null then 1 else 0 end asc nulls last,
                session_count desc nulls last, device_category asc nulls last
        ) as device_place
    from by_device
),

visited as (
    select
        person_id,
        cast(sum(session_count) as bigint) as session_count,
        max(last_session_date) as last_session_date,
        count(device_category) as device_category_count,
        max(case when device_place = 1 then device_category end) as main_device_category,
        {{ ratio(
            'max(case when device_place = 1 and device_category is not null then session_count end)',
            'sum(case when device_category is not null then session_count end)'
        ) }} as main_device_ratio
    from ranked
    group by person_id
),

left_behind as (
    select
        shopper_id as person_id,
        count(*) as abandoned_cart_count,
        cast(sum(end_amount) as decimal(18, 4)) as abandoned_cart_amount,
        max(opened_date) as last_abandoned_cart_date
    from {{ ref('carts') }}
    where state = 'abandoned'
    group by shopper_id
)

select
    profiled.person_id,
    {{ if_told('coalesce(visited.session_count, 0)', ['has_visits']) }} as session_count,
    visited.last_session_date,
    {{ if_told('coalesce(visited.device_category_count, 0)', ['has_visits']) }} as device_category_count,
    visited.main_device_category,
    visited.main_device_ratio,
    {{ if_told('coalesce(left_behind.abandoned_cart_count, 0)', ['has_visits']) }} as abandoned_cart_count,
    {{ if_told('coalesce(left_behind.abandoned_cart_amount, ' ~ number('0') ~ ')', ['has_visits']) }}
        as abandoned_cart_amount,
    left_behind.last_abandoned_cart_date
from profiled
inner join {{ ref('int_sites_told') }} as told on told.site = '(all)'
left join visited on profiled.person_id = visited.person_id
left join left_behind on profiled.person_id = left_behind.person_id
