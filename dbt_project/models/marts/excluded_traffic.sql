select
    sessions.site,
    sessions.session_date,
    starts.exclusion_reason,
    cast(count(*) as bigint) as session_count,
    cast(sum(sessions.event_count) as bigint) as event_count
from {{ ref('int_sessions_summed') }} as sessions
inner join {{ ref('int_events_identified') }} as starts
    on sessions.session_id = starts.session_id and starts.is_session_start
where starts.is_excluded
group by sessions.site, sessions.session_date, starts.exclusion_reason
