with landed as (
    select
        {{ month_start('sessions.session_date') }} as month_start_date,
        sessions.site,
        {{ label('sessions.landing_page_type') }} as landing_page_type,
        {{ label('sessions.landing_page_path') }} as landing_page_path,
        count(*) as session_count,
        count(case when told.has_orders then 1 end) as selling_session_count,
        count(case when sessions.is_new_visitor then 1 end) as new_visitor_count,
        count(case when sessions.is_engaged then 1 end) as engaged_session_count,
        sum(sessions.page_view_count) as page_view_count,
        count(case when sessions.add_to_cart_count > 0 then 1 end) as added_session_count,
        count(bought.session_id) as order_session_count,
        sum(bought.order_count) as order_count,
        sum(bought.order_amount) as revenue_amount
    from {{ ref('session_facts') }} as sessions
    inner join {{ ref('int_sites_told') }} as told on sessions.site = told.site
    left join {{ ref('session_orders') }} as bought on sessions.session_id = bought.session_id
    group by all
),

-- A page, its kind, and all of them; of a site and of all sites.
summed as (
    select
        landed.month_start_date,
        periods.site,
        coalesce(landed.landing_page_type, '(all)') as landing_page_type,
        coalesce(landed.landing_page_path, '(all)') as landing_page_path,
        periods.is_complete,
        cast(coalesce(sum(landed.session_count), 0) as bigint) as session_count,
        cast(coalesce(sum(landed.new_visitor_count), 0) as bigint) as new_visitor_count,
        cast(coalesce(sum(landed.engaged_session_count), 0) as bigint) as engaged_session_count,
        cast(coalesce(sum(landed.page_view_count), 0) as bigint) as page_view_count,
        cast(coalesce(sum(landed.added_session_count), 0) as bigint) as added_session_count,
        {{ orders_of_sessions(
            'sum(landed.order_session_count)', 'sum(landed.order_count)', 'sum(landed.revenue_amount)'
        ) }}
    from landed
    inner join {{ ref('int_periods_judged') }} as periods
        on landed.month_start_date = periods.period_start_date and periods.site in (landed.site, '(all)')
    where periods.grain = 'month'
    group by
        grouping sets (
            (
                landed.month_start_date, periods.site, periods.is_complete,
                landed.landing_page_type, landed.landing_page_path
            ),
            (
                landed.month_start_date, periods.site, periods.is_complete,
                landed.landing_page_type
            ),
            (landed.month_start_date, periods.site, periods.is_complete)
        )
)

select
    *,
    {{ ratio('session_count - engaged_session_count', 'session_count') }} as bounce_ratio,
    {{ ratio('page_view_count', 'session_count') }} as page_views_per_session,
    {{ ratio('added_session_count', 'session_count') }} as added_ratio
from summed
-- An address in a path is nobody else's business: such a page is in the totals only.
where not {{ holds_address('landing_page_path') }}
qualify
    landing_page_path = '(all)'
    or row_number() over (
        partition by month_start_date, site, landing_page_path = '(all)'
        order by
            session_count desc nulls last, landing_page_path asc nulls last,
            landing_page_type asc nulls last
    ) <= {{ shown_per_month() }}
