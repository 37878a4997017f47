-- Sessions per local day and site. Within a day and site it does not matter which session is taken for the
-- visitor's first, so days alone order the windows.
with looked_back as (
    select
        *,
        lag(session_date) over (
            partition by visitor_id, site
            order by session_date asc nulls last
        ) as previous_on_site_date,
        lag(session_date) over (
            partition by visitor_id
            order by session_date asc nulls last, site asc nulls last
        ) as previous_date
    from (
        select
            site,
            visitor_id,
            session_date,
            page_view_count,
            time_on_site_seconds,
            is_bounce,
            is_new_visitor
        from {{ ref('session_facts') }}
    ) as visits
),

visited as (
    select
        site,
        session_date as kpi_date,
        count(*) as session_count,
        count(case when is_bounce then 1 end) as bounce_count,
        count(case when is_new_visitor then 1 end) as new_visitor_count,
        cast(sum(page_view_count) as bigint) as page_view_count,
        cast(sum(time_on_site_seconds) as decimal(38, 6)) as time_on_site_seconds,
        {{ counted_once('visitor', 'session_date', 'previous_on_site_date', 'previous_date') }}
    from looked_back
    group by site, session_date
),

converted as (
    select
        sessions.site,
        sessions.session_date as kpi_date,
        count(*) as order_session_count
    from {{ ref('int_session_orders_placed') }} as orders
    inner join {{ ref('session_facts') }} as sessions on orders.session_id = sessions.session_id
    where orders.is_last_of_session
    group by sessions.site, sessions.session_date
)

select
    visited.*,
    visited.session_count as selling_session_count,
    coalesce(converted.order_session_count, 0) as order_session_count
from visited
left join converted on visited.site = converted.site and visited.kpi_date = converted.kpi_date
