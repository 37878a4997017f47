with searching_sessions as (
    select session_id from {{ ref('session_facts') }}
    where search_count > 0
),

steps as (
    select
        *,
        lead(event_type) over (partition by session_id order by {{ event_order() }}) as next_event_type
    from {{ ref('int_events_sessionised') }}
    where
        event_type in ('search', 'product_view', 'add_to_cart')
        and session_id in (select session_id from searching_sessions)
),

-- Each search, once by its term and once among all.
searches as (
    select
        steps.session_id,
        steps.event_id,
        steps.event_us,
        steps.event_type,
        steps.site,
        {{ month_start('steps.session_date') }} as month_start_date,
        case when cuts.is_total then '(all)' else {{ label(typed_term('steps.search_term')) }} end
            as search_term,
        case when coalesce(steps.next_event_type, 'search') = 'search' then 1 else 0 end as is_without_click
    from steps
    cross join (values (true), (false)) as cuts (is_total)
    where steps.event_type = 'search'
),

ordered_later as (
    select distinct
        searches.session_id,
        searches.search_term,
        orders.order_id,
        orders.revenue_amount
    from searches
    inner join {{ ref('int_session_orders_placed') }} as orders
        on searches.session_id = orders.session_id and {{ is_before_order('searches', 'orders') }}
),

bought as (
    select
        session_id,
        search_term,
        count(*) as order_count,
        sum(revenue_amount) as revenue_amount
    from ordered_later
    group by session_id, search_term
),

used as (
    select
        searches.month_start_date,
        searches.site,
        searches.session_id,
        searches.search_term,
        count(*) as search_count,
        sum(searches.is_without_click) as no_click_search_count,
        max(case when told.has_orders then 1 else 0 end) as selling_session_count
    from searches
    inner join {{ ref('int_sites_told') }} as told on searches.site = told.site
    group by all
),

summed as (
    select
        used.month_start_date,
        periods.site,
        used.search_term,
        periods.is_complete,
        cast(sum(used.search_count) as bigint) as search_count,
        cast(sum(used.no_click_search_count) as bigint) as no_click_search_count,
        cast(count(*) as bigint) as session_count,
        {{ orders_of_sessions(
            'count(bought.session_id)', 'sum(bought.order_count)', 'sum(bought.revenue_amount)'
        ) }}
    from used
    inner join {{ ref('int_periods_judged') }} as periods
        on used.month_start_date = periods.period_start_date and periods.site in (used.site, '(all)')
    left join bought on used.session_id = bought.session_id and used.search_term = bought.search_term
    where periods.grain = 'month'
    group by used.month_start_date, periods.site, used.search_term, periods.is_complete
)

select
    *,
    {{ ratio('no_click_search_count', 'search_count') }} as no_click_ratio
from summed
qualify
    search_term = '(all)'
    or row_number() over (
        partition by month_start_date, site, search_term = '(all)'
        order by session_count desc nulls last, search_count desc nulls last, search_term asc nulls last
    ) <= {{ shown_per_month() }}
