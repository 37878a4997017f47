with told as (
    select
        {{ month_start('sessions.session_date') }} as month_start_date,
        sessions.site,
        sessions.channel,
        {{ label('sessions.campaign', missing='(none)') }} as campaign,
        {{ label(typed_term('sessions.keyword')) }} as keyword,
        sessions.visitor_id,
        sessions.is_new_visitor,
        sessions.is_engaged,
        bought.session_id as order_session_id,
        bought.order_count,
        bought.order_amount,
        case when sites_told.has_orders then 1 else 0 end as selling_session_count
    from {{ ref('session_facts') }} as sessions
    inner join {{ ref('int_sites_told') }} as sites_told on sessions.site = sites_told.site
    left join {{ ref('session_orders') }} as bought on sessions.session_id = bought.session_id
    where {{ traffic_name('sessions.keyword') }} is not null
),

-- A keyword by channel and campaign, the keyword as a whole, and all of them; of a site and of all sites.
summed as (
    select
        told.month_start_date,
        periods.site,
        coalesce(told.channel, '(all)') as channel,
        coalesce(told.campaign, '(all)') as campaign,
        coalesce(told.keyword, '(all)') as keyword,
        periods.is_complete,
        cast(count(*) as bigint) as session_count,
        cast(count(distinct told.visitor_id) as bigint) as visitor_count,
        cast(count(case when told.is_new_visitor then 1 end) as bigint) as new_visitor_count,
        cast(count(case when told.is_engaged then 1 end) as bigint) as engaged_session_count,
        {{ orders_of_sessions(
            'count(told.order_session_id)', 'sum(told.order_count)', 'sum(told.order_amount)'
        ) }}
    from told
    inner join {{ ref('int_periods_judged') }} as periods
        on told.month_start_date = periods.period_start_date and periods.site in (told.site, '(all)')
    where periods.grain = 'month'
    group by
        grouping sets (
            (
                told.month_start_date, periods.site, periods.is_complete,
                told.channel, told.campaign, told.keyword
            ),
            (told.month_start_date, periods.site, periods.is_complete, told.keyword),
            (told.month_start_date, periods.site, periods.is_complete)
        )
)

select
    *,
    {{ ratio('session_count - engaged_session_count', 'session_count') }} as bounce_ratio
from summed
qualify
    keyword = '(all)'
    or row_number() over (
        partition by month_start_date, site, channel = '(all)', keyword = '(all)'
        order by
            session_count desc nulls last, keyword asc nulls last,
            channel asc nulls last, campaign asc nulls last
    ) <= {{ shown_per_month() }}
