-- What each site, and the shop, was ever told: by rows that are there, not by sources that are configured. A
-- figure that needs a feed which never told anything is not known, which is not 0.
with ordered as (
    select
        orders.site,
        count(order_lines.order_id) > 0 as has_order_lines
    from {{ ref('stg_orders') }} as orders
    left join {{ ref('stg_order_lines') }} as order_lines on orders.order_id = order_lines.order_id
    group by orders.site
),

-- Words that stand for nothing tell of no traffic; `(direct)` does.
visited as (
    select
        site,
        max(
            case
                when
                    coalesce(
                        {{ told_text('source') }}, {{ told_text('medium') }}, {{ told_text('campaign') }},
                        {{ told_text('click_id_type') }}, {{ told_text('referrer_host') }}
                    ) is not null
                    then 1
                else 0
            end
        ) = 1 as has_traffic,
        max(case when event_type = 'purchase' then 1 else 0 end) = 1 as has_purchases
    from {{ ref('stg_session_events') }}
    where event_type <> 'engagement'
    group by site
),

told as (
    select
        sites.site,
        ordered.site is not null as has_orders,
        coalesce(ordered.has_order_lines, false) as has_order_lines,
        (select count(*) from {{ ref('stg_returns') }}) > 0 as has_returns,
        visited.site is not null as has_visits,
        coalesce(visited.has_traffic, false) as has_traffic,
        coalesce(visited.has_purchases, false) as has_purchases
    from {{ source('raw', 'sites') }} as sites
    left join ordered on sites.site = ordered.site
    left join visited on sites.site = visited.site
)

select
    coalesce(site, '(all)') as site,
    max(case when has_orders then 1 else 0 end) = 1 as has_orders,
    max(case when has_order_lines then 1 else 0 end) = 1 as has_order_lines,
    max(case when has_returns then 1 else 0 end) = 1 as has_returns,
    max(case when has_visits then 1 else 0 end) = 1 as has_visits,
    max(case when has_traffic then 1 else 0 end) = 1 as has_traffic,
    max(case when has_purchases then 1 else 0 end) = 1 as has_purchases,
    count(*) as site_count
from told
group by grouping sets ((site), ())
