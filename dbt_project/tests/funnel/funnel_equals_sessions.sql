with sessions as (
    select
        site,
        session_date,
        count(*) as session_count,
        count(distinct visitor_id) as visitor_count
    from {{ ref('sessions') }}
    group by site, session_date
),

first_steps as (
    select
        *,
        channel = '(all)' and device_category = '(all)' and visitor_kind = '(all)' as is_whole,
        channel <> '(all)' and device_category <> '(all)' and visitor_kind <> '(all)' as is_finest
    from {{ ref('daily_funnel') }}
    where site <> '(all)' and step = 'session' and mode = 'closed'
),

funnel as (
    select
        site,
        session_date,
        sum(case when unit = 'sessions' and is_finest then unit_count else 0 end) as finest_session_count,
        sum(case when unit = 'sessions' and is_whole then unit_count else 0 end) as session_count,
        sum(case when unit = 'visitors' and is_whole then unit_count else 0 end) as visitor_count
    from first_steps
    group by site, session_date
)

select
    coalesce(sessions.site, funnel.site) as site,
    coalesce(sessions.session_date, funnel.session_date) as session_date
from sessions
full outer join funnel on sessions.site = funnel.site and sessions.session_date = funnel.session_date
where
    sessions.session_count is distinct from funnel.session_count
    or sessions.session_count is distinct from funnel.finest_session_count
    or sessions.visitor_count is distinct from funnel.visitor_count
