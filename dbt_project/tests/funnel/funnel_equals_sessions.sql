with sessions as (
    select
        site,
        session_date,
        count(*) as session_count,
        count(distinct visitor_id) as visitor_count
    from {{ ref('session_facts') }}
    group by site, session_date
),

rows_of_sites as (
    select
        *,
        channel = '(all)' and device_category = '(all)' and visitor_kind = '(all)' as is_whole
    from {{ ref('daily_funnel') }}
    where site <> '(all)'
),

funnel as (
    select
        site,
        session_date,
        sum(case when is_whole then session_count end) as session_count,
        sum(case when is_whole then visitor_count end) as visitor_count,
        sum(case when channel <> '(all)' then session_count end) as session_count_by_channel,
        sum(case when device_category <> '(all)' then session_count end) as session_count_by_device,
        sum(case when visitor_kind <> '(all)' then session_count end) as session_count_by_kind
    from rows_of_sites
    group by site, session_date
)

select
    coalesce(sessions.site, funnel.site) as site,
    coalesce(sessions.session_date, funnel.session_date) as session_date
from sessions
full outer join funnel on sessions.site = funnel.site and sessions.session_date = funnel.session_date
where
    sessions.session_count is distinct from funnel.session_count
    or sessions.visitor_count is distinct from funnel.visitor_count
    or sessions.session_count is distinct from funnel.session_count_by_channel
    or sessions.session_count is distinct from funnel.session_count_by_device
    or sessions.session_count is distinct from funnel.session_count_by_kind
