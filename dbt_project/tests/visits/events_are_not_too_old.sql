{{ config(severity='warn') }}
select
    events.event_id,
    events.event_at,
    events.visitor_id,
    events.delivery_source,
    events.delivery_date
from {{ ref('stg_session_events') }} as events
inner join {{ ref('int_wrong_clocks_found') }} as wrong
    on events.delivery_source = wrong.delivery_source and events.delivery_date = wrong.delivery_date
where {{ is_of_wrong_clock('events.event_at') }}
