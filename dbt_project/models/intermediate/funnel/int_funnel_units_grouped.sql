-- What the funnel counts, with the sessions that it is made of: every session, and in each group the visitors
-- with several sessions on the day, who do its steps through all of them. Of the other visitors their only
-- session tells all.
with finest as (
    select distinct
        session_date,
        own_site,
        own_channel,
        own_device_category,
        is_new_visitor,
        finest_number
    from {{ ref('int_funnel_groups_numbered') }}
),

sessions as (
    select
        sessions.session_id,
        sessions.visitor_id,
        finest.finest_number,
        count(*) over (partition by sessions.visitor_id, sessions.session_date) = 1 as is_only_session
    from {{ ref('session_facts') }} as sessions
    inner join finest
        on
            sessions.session_date = finest.session_date
            and sessions.site = finest.own_site
            and sessions.channel = finest.own_channel
            and coalesce(sessions.device_category, '(unknown)') = finest.own_device_category
            and sessions.is_new_visitor = finest.is_new_visitor
),

units as (
    select
        true as is_session,
        is_only_session as is_visitor,
        session_id as unit_id,
        finest_number as group_number,
        session_id
    from sessions
    union all
    select
        false as is_session,
        true as is_visitor,
        sessions.visitor_id as unit_id,
        groups.group_number,
        sessions.session_id
    from sessions
    inner join {{ ref('int_funnel_groups_numbered') }} as groups
        on sessions.finest_number = groups.finest_number
    where not sessions.is_only_session
)

select
    dense_rank() over (
        order by is_session asc nulls last, unit_id asc nulls last, group_number asc nulls last
    ) as unit_number,
    is_session,
    is_visitor,
    group_number,
    session_id
from units
