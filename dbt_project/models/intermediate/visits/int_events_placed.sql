{{ config(
    materialized=incremental_on_duckdb(), incremental_strategy='days', on_schema_change='fail',
    pre_hook="{{ list_days_to_rebuild() }}",
    post_hook=["{{ remember_absent_events() }}", "{{ remember_partitions() }}"]
) }}
-- Due events, each in its session; engagement, which begins and cuts none, in none. Knows of nothing but the
-- visitor's own events on the site.
{% set gap_us = session_gap_us() %}
{#- Engagement stands alone: no event is before it or after it. #}
{% set apart = "case when event_type = 'engagement' then event_id end" %}
{% set columns = [
    'event_id', 'native_session_id', 'visitor_id', 'customer_id', 'site', 'event_at', 'event_us', 'event_date',
    'event_type', 'type_number', 'host', 'page_path', 'page_type', 'referrer_host', 'source', 'medium', 'campaign',
    'keyword',
    'click_id_type', 'device_category', 'country_code', 'product_id', 'quantity', 'currency_code', 'value_amount',
    'search_term', 'error_code', 'order_id', 'is_bot', 'delivery_source', 'delivery_date'
] | join(', ') %}
with dated as (
    select
        events.*,
        {{ epoch_us('events.event_at') }} as event_us,
        {{ local_day('events.event_at', 'sites.time_zone') }} as event_date,
        {{ number_of('events.event_type', event_types(), 1) }} as type_number
    from {{ ref('stg_session_events') }} as events
    inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
    left join {{ ref('int_wrong_clocks_found') }} as wrong
        on events.delivery_source = wrong.delivery_source and events.delivery_date = wrong.delivery_date
    where
        not {{ is_of_wrong_clock('events.event_at') }}
        {% if is_incremental() %}and events.event_id in (select event_id from touched_events){% endif %}
),

due as (
    select {{ columns }} from dated
    where event_date <= {{ as_of_date() }}
    {% if is_incremental() %}
        -- With them, whole sessions of the days to rebuild, as they stand.
        union all
        select {{ columns }} from {{ this }}
        where
            session_date in ({{ days_to_rebuild() }})
            and event_id not in (select event_id from touched_events)
    {% endif %}
),

neighboured as (
    select
        *,
        event_us - lag(event_us) over visits as us_since_last,
        (lead(event_us) over visits) - event_us as us_to_next,
        lag(event_type) over visits as last_event_type,
        lag(page_path) over visits as last_page_path,
        lag(page_type) over visits as last_page_type,
        cast(row_number() over visits as bigint) as visit_number
    from due
    window visits as (
        partition by site, visitor_id, {{ apart }}
        order by {{ event_order() }}
    )
),

cut as (
    select
        *,
        event_type <> 'engagement' and coalesce(us_since_last > {{ gap_us }}, true) as is_session_start,
        event_type <> 'engagement' and coalesce(us_to_next > {{ gap_us }}, true) as is_session_end
    from neighboured
)

select
    {{ columns }},
    {{ last_known("case when is_session_start then " ~ text_hash('event_id') ~ " end") }}
        over visits as session_id,
    visit_number + 1 - {{ last_known("case when is_session_start then visit_number end") }} over visits
        as event_number,
    coalesce({{ last_known("case when is_session_start then event_date end") }} over visits, event_date)
        as session_date,
    is_session_start,
    is_session_end,
    event_type = 'page_view' or (
        event_type = 'product_view'
        and (
            is_session_start
            or last_event_type <> 'page_view'
            or last_page_path <> page_path
        )
    ) as is_page_view,
    -- The page is another than that of the event before.
    is_session_start
    or last_page_path <> page_path
    or coalesce(last_page_type, '') <> coalesce(page_type, '') as is_new_page,
    case when not is_session_start then last_page_type end as last_page_type
from cut
window visits as (
    partition by site, visitor_id, {{ apart }}
    order by {{ event_order() }}
    rows between unbounded preceding and current row
)
