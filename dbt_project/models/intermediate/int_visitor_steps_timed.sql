-- Visitors with several sessions on a day: the moments of their steps in each group, through all sessions of
-- it. Of the others the session tells all.
{% set keys = ['visitor_id', 'session_date', 'site', 'channel', 'device_category', 'visitor_kind'] %}
with step_events as (
    select
        sessions.*,
        moments.step_number,
        moments.event_us
    from {{ ref('int_funnel_sessions_cut') }} as sessions
    inner join {{ ref('int_funnel_events_numbered') }} as moments on sessions.session_id = moments.session_id
    where not sessions.is_only_session
),

{{ funnel_moments(keys) }}

{{ funnel_moments_joined(keys) }}
