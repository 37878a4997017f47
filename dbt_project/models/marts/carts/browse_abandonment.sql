with events as (
    select
        session_id,
        product_id,
        event_type = 'product_view' as is_view,
        event_type = 'add_to_cart' as is_add,
        {{ is_shopping_event() }} as is_shopping
    from {{ ref('int_events_identified') }}
    where not is_excluded and (event_type = 'product_view' or {{ is_shopping_event() }})
),

shopping_sessions as (
    select distinct session_id from events
    where is_shopping
),

-- A product, or all of them, that a session saw.
seen as (
    select
        session_id,
        product_id,
        max(case when is_add then 1 else 0 end) as is_added
    from events
    where product_id is not null
    group by session_id, product_id
    having max(case when is_view then 1 else 0 end) = 1
    union all
    select
        session_id,
        '(all)',
        max(case when is_add then 1 else 0 end)
    from events
    group by session_id
    having max(case when is_view then 1 else 0 end) = 1
),

counted as (
    select
        sessions.session_date,
        sites.site,
        seen.product_id,
        cast(count(*) as bigint) as seen_session_count,
        cast(sum(seen.is_added) as bigint) as added_session_count,
        cast(count(case when shopping.session_id is null then 1 end) as bigint) as abandoned_session_count
    from seen
    inner join {{ ref('session_facts') }} as sessions on seen.session_id = sessions.session_id
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (sessions.site, '(all)')
    left join shopping_sessions as shopping on seen.session_id = shopping.session_id
    group by sessions.session_date, sites.site, seen.product_id
)

select
    counted.session_date,
    counted.site,
    counted.product_id,
    products.name as product_name,
    products.category,
    counted.seen_session_count,
    counted.added_session_count,
    counted.abandoned_session_count,
    {{ ratio('counted.added_session_count', 'counted.seen_session_count') }} as added_ratio,
    {{ ratio('counted.abandoned_session_count', 'counted.seen_session_count') }} as browse_abandonment_ratio
from counted
left join {{ ref('stg_products') }} as products on counted.product_id = products.product_id
