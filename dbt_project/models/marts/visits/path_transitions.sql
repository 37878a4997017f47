-- From one page to the next; into the first one and out of the last one goes every session once.
with taken as (
    select
        session_id,
        site,
        session_date,
        {{ label('last_page_type') }} as from_page_type,
        {{ label('page_type') }} as to_page_type,
        count(*) as transition_count
    from {{ ref('int_events_sessionised') }}
    where
        is_new_page
        and not is_session_start
        and session_id not in (select session_id from {{ ref('int_sessions_excluded') }})
    group by all
    union all
    select
        session_id,
        site,
        session_date,
        '(start)' as from_page_type,
        {{ label('landing_page_type') }} as to_page_type,
        1 as transition_count
    from {{ ref('session_facts') }}
    union all
    select
        session_id,
        site,
        session_date,
        {{ label('exit_page_type') }} as from_page_type,
        '(exit)' as to_page_type,
        1 as transition_count
    from {{ ref('session_facts') }}
),

ordered_sessions as (
    select session_id from {{ ref('int_session_orders_placed') }}
    where is_last_of_session
),

counted as (
    select
        {{ month_start('taken.session_date') }} as month_start_date,
        taken.site,
        taken.from_page_type,
        taken.to_page_type,
        sum(taken.transition_count) as transition_count,
        count(*) as session_count,
        count(ordered.session_id) as order_session_count,
        count(case when told.has_orders then 1 end) as selling_session_count
    from taken
    inner join {{ ref('int_sites_told') }} as told on taken.site = told.site
    left join ordered_sessions as ordered on taken.session_id = ordered.session_id
    group by all
),

summed as (
    select
        counted.month_start_date,
        periods.site,
        counted.from_page_type,
        counted.to_page_type,
        periods.is_complete,
        cast(sum(counted.transition_count) as bigint) as transition_count,
        cast(sum(counted.session_count) as bigint) as session_count,
        cast({{ if_selling('sum(counted.order_session_count)') }} as bigint) as order_session_count,
        {{ ratio('sum(counted.order_session_count)', 'sum(counted.selling_session_count)') }}
            as conversion_ratio
    from counted
    inner join {{ ref('int_periods_judged') }} as periods
        on counted.month_start_date = periods.period_start_date and periods.site in (counted.site, '(all)')
    where periods.grain = 'month'
    group by
        counted.month_start_date, periods.site, periods.is_complete,
        counted.from_page_type, counted.to_page_type
)

select
    *,
    {{ ratio(
        'transition_count',
        'sum(transition_count) over (partition by month_start_date, site, from_page_type)'
    ) }} as from_page_type_ratio
from summed
