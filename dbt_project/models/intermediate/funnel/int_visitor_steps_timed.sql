-- Visitors with several sessions on a day: the moments of their steps in each group, through all sessions of
-- it. Of the others the session tells all.
{% set keys = ['visitor_id', 'group_number'] %}
with sessions as (
    select
        moments.session_id,
        moments.visitor_id,
        groups.group_number,
        moments.open_1
    from {{ ref('int_session_steps_timed') }} as moments
    inner join {{ ref('int_funnel_groups_numbered') }} as groups
        on moments.finest_number = groups.finest_number
    where not moments.is_only_session
),

visitors as (
    select
        visitor_id,
        group_number,
        min(open_1) as open_1
    from sessions
    group by visitor_id, group_number
),

step_events as (
    select
        sessions.visitor_id,
        sessions.group_number,
        events.step_number,
        events.event_us
    from sessions
    inner join {{ ref('int_funnel_events_numbered') }} as events on sessions.session_id = events.session_id
),

{{ funnel_moments(keys) }}

select
    visitor_id,
    group_number,
    visitors.open_1,
    visitors.open_1 as closed_1,
    {{ funnel_moments_listed() }}
from visitors
{{ funnel_moments_joined(keys) }}
