-- What each session did on each page.
with visited as (
    select
        events.session_id,
        events.site,
        events.session_date,
        {{ label('events.page_type') }} as page_type,
        {{ label('events.page_path') }} as page_path,
        count(case when events.is_page_view then 1 end) as page_view_count,
        max(case when events.is_session_start then 1 else 0 end) as is_landing,
        max(case when events.is_session_end then 1 else 0 end) as is_exit,
        max(case when {{ is_before_order('events', 'orders') }} then 1 else 0 end) as is_ordered_later,
        max(case when told.has_orders then 1 else 0 end) as is_selling
    from {{ ref('int_events_sessionised') }} as events
    inner join {{ ref('int_sites_told') }} as told on events.site = told.site
    left join {{ ref('int_session_orders_placed') }} as orders
        on events.session_id = orders.session_id and orders.is_last_of_session
    where events.session_id not in (select session_id from {{ ref('int_sessions_excluded') }})
    group by all
),

counted as (
    select
        {{ month_start('session_date') }} as month_start_date,
        site,
        page_type,
        page_path,
        sum(page_view_count) as page_view_count,
        count(*) as session_count,
        sum(is_landing) as landing_session_count,
        sum(is_exit) as exit_session_count,
        sum(is_ordered_later) as ordered_later_session_count,
        sum(is_landing * is_ordered_later) as landing_ordered_later_count,
        sum(is_selling) as selling_session_count,
        sum(is_landing * is_selling) as landing_selling_count
    from visited
    group by all
),

-- All pages together: a session counts once, where it landed.
summed as (
    select
        counted.month_start_date,
        periods.site,
        coalesce(counted.page_type, '(all)') as page_type,
        coalesce(counted.page_path, '(all)') as page_path,
        periods.is_complete,
        cast(sum(counted.page_view_count) as bigint) as page_view_count,
        cast(sum(counted.landing_session_count) as bigint) as landing_session_count,
        cast(sum(counted.exit_session_count) as bigint) as exit_session_count,
        cast(
            case
                when counted.page_path is null then sum(counted.landing_session_count)
                else sum(counted.session_count)
            end as bigint
        ) as session_count,
        cast(
            case
                when sum(counted.selling_session_count) = 0 then null
                when counted.page_path is null then sum(counted.landing_ordered_later_count)
                else sum(counted.ordered_later_session_count)
            end as bigint
        ) as ordered_later_session_count,
        case
            when counted.page_path is null
                then {{ ratio('sum(landing_ordered_later_count)', 'sum(landing_selling_count)') }}
            else {{ ratio('sum(ordered_later_session_count)', 'sum(selling_session_count)') }}
        end as ordered_later_ratio
    from counted
    inner join {{ ref('int_periods_judged') }} as periods
        on counted.month_start_date = periods.period_start_date and periods.site in (counted.site, '(all)')
    where periods.grain = 'month'
    group by
        grouping sets (
            (
                counted.month_start_date, periods.site, periods.is_complete,
                counted.page_type, counted.page_path
            ),
            (counted.month_start_date, periods.site, periods.is_complete)
        )
)

select
    *,
    {{ ratio('exit_session_count', 'session_count') }} as exit_ratio
from summed
-- An address in a path is nobody else's business: such a page is in the totals only.
where not {{ holds_address('page_path') }}
qualify
    page_path = '(all)'
    or row_number() over (
        partition by month_start_date, site, page_path = '(all)'
        order by session_count desc nulls last, page_path asc nulls last, page_type asc nulls last
    ) <= {{ shown_per_month() }}
