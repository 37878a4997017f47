-- Sessions with the moments of their steps through the funnel.
with step_events as (
    select * from {{ ref('int_funnel_events_numbered') }}
),

{{ funnel_moments(['session_id']) }},

groups as (
    select distinct
        session_date,
        own_site,
        own_channel,
        own_device_category,
        is_new_visitor,
        finest_number
    from {{ ref('int_funnel_groups_numbered') }}
),

numbered as (
    select
        sessions.session_id,
        sessions.visitor_id,
        groups.finest_number,
        {{ epoch_us('sessions.started_at') }} as open_1,
        count(*) over (partition by sessions.visitor_id, sessions.session_date) = 1 as is_only_session
    from {{ ref('sessions') }} as sessions
    inner join groups
        on
            sessions.session_date = groups.session_date
            and sessions.site = groups.own_site
            and sessions.channel = groups.own_channel
            and coalesce(sessions.device_category, '(unknown)') = groups.own_device_category
            and sessions.is_new_visitor = groups.is_new_visitor
)

select
    session_id,
    numbered.visitor_id,
    numbered.finest_number,
    numbered.is_only_session,
    numbered.open_1,
    numbered.open_1 as closed_1,
    {{ funnel_moments_listed() }}
from numbered
{{ funnel_moments_joined(['session_id']) }}
