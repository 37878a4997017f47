-- Due events, each in its session. Knows of nothing but the visitor's own events on the site.
{% set gap_us = session_gap_us() %}
with dated as (
    select
        events.*,
        {{ epoch_us('events.event_at') }} as event_us,
        {{ local_day('events.event_at', 'sites.time_zone') }} as event_date
    from {{ ref('stg_session_events') }} as events
    inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
),

neighboured as (
    select
        *,
        event_us - lag(event_us) over visits as us_since_last,
        lead(event_us) over visits - event_us as us_to_next,
        lag(event_type) over visits as last_event_type,
        lag(page_path) over visits as last_page_path
    from dated
    where event_date <= {{ as_of_date() }}
    window visits as (
        partition by site, visitor_id
        order by event_us asc nulls last, event_id asc nulls last
    )
),

cut as (
    select
        *,
        coalesce(us_since_last > {{ gap_us }}, true) as is_session_start,
        coalesce(us_to_next > {{ gap_us }}, true) as is_session_end
    from neighboured
)

select
    event_id,
    {{ last_known("case when is_session_start then " ~ text_hash('event_id') ~ " end") }} over (
        partition by site, visitor_id
        order by event_us asc nulls last, event_id asc nulls last
        rows between unbounded preceding and current row
    ) as session_id,
    native_session_id,
    visitor_id,
    customer_id,
    site,
    event_at,
    event_us,
    event_date,
    event_type,
    host,
    page_path,
    page_type,
    referrer_host,
    source,
    medium,
    campaign,
    keyword,
    click_id_type,
    device_category,
    country_code,
    product_id,
    quantity,
    currency_code,
    value_amount,
    search_term,
    error_code,
    order_id,
    is_bot,
    is_session_start,
    is_session_end,
    event_type = 'page_view' or (
        event_type = 'product_view'
        and (
            is_session_start
            or last_event_type <> 'page_view'
            or last_page_path <> page_path
        )
    ) as is_page_view
from cut
