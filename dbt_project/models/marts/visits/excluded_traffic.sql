select
    sessions.site,
    sessions.session_date,
    excluded.exclusion_reason,
    cast(count(*) as bigint) as session_count,
    cast(sum(sessions.event_count) as bigint) as event_count
from {{ ref('int_sessions_summed') }} as sessions
inner join {{ ref('int_sessions_excluded') }} as excluded on sessions.session_id = excluded.session_id
group by sessions.site, sessions.session_date, excluded.exclusion_reason
