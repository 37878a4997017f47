{{ config(
    materialized=incremental_on_duckdb(), incremental_strategy='days', on_schema_change='fail',
    post_hook=["{{ mark_days_summed() }}", "{{ remember_partitions() }}"]
) }}
-- Sessions by what their events hold: no customer, no channel. Engagement makes the time on site longer; all
-- else, robots too, follows from the other events.
with summed as (
    select
        session_id,
        site,
        visitor_id,
        min(native_session_id) as native_session_id,
        cast(count(distinct native_session_id) as bigint) as native_session_count,
        min(event_at) as started_at,
        max(event_at) as last_event_at,
        min(event_us) as started_us,
        max(event_us) as last_event_us,
        max(case when is_session_start then event_date end) as session_date,
        max(case when is_session_start then page_path end) as landing_page_path,
        max(case when is_session_start then page_type end) as landing_page_type,
        max(case when is_session_end then page_path end) as exit_page_path,
        max(case when is_session_end then page_type end) as exit_page_type,
        coalesce(max(case when is_session_start then device_category end), min(device_category))
            as device_category,
        coalesce(max(case when is_session_start then country_code end), min(country_code)) as country_code,
        cast(count(*) as bigint) as event_count,
        cast(count(case when is_page_view then 1 end) as bigint) as page_view_count,
        cast(count(case when event_type = 'product_view' then 1 end) as bigint) as product_view_count,
        cast(count(case when event_type = 'search' then 1 end) as bigint) as search_count,
        cast(count(case when event_type = 'add_to_cart' then 1 end) as bigint) as add_to_cart_count,
        cast(count(case when event_type = 'purchase' then 1 end) as bigint) as purchase_count,
        count(case when event_type = 'begin_checkout' then 1 end) > 0 as has_begin_checkout,
        count(case when event_type = 'add_shipping' then 1 end) > 0 as has_add_shipping,
        count(case when event_type = 'add_payment' then 1 end) > 0 as has_add_payment,
        count(case when event_type = 'checkout_error' then 1 end) > 0 as has_checkout_error,
        count(case when {{ is_shopping_event() }} then 1 end) > 0 as has_shopping_event,
        count(case when is_bot then 1 end) > 0 as has_bot_event,
        count(case when event_us % 60000000 <> 0 then 1 end) > 0 as has_seconds,
        count(case when {{ is_listed('lower(host)', var('internal_hosts')) }} then 1 end) > 0
            as has_internal_host
    from {{ ref('int_events_placed') }}
    where
        event_type <> 'engagement'
        {% if is_incremental() %}and session_date in ({{ days_to_rebuild() }}){% endif %}
    group by session_id, site, visitor_id
),

-- Engagement is of the session whose last event it follows within the gap, or that goes on around it.
engaged as (
    select
        summed.session_id,
        max(events.event_at) as engaged_at,
        max(events.event_us) as engaged_us
    from summed
    inner join {{ ref('int_events_placed') }} as events
        on
            summed.site = events.site
            and summed.visitor_id = events.visitor_id
            and events.event_us between summed.started_us and summed.last_event_us + {{ session_gap_us() }}
    where events.event_type = 'engagement'
    group by summed.session_id
),

lasting as (
    select
        summed.*,
        greatest(summed.last_event_at, coalesce(engaged.engaged_at, summed.last_event_at)) as ended_at,
        greatest(summed.last_event_us, coalesce(engaged.engaged_us, summed.last_event_us)) - summed.started_us
            as us_on_site
    from summed
    left join engaged on summed.session_id = engaged.session_id
)

select
    *,
    {{ seconds('us_on_site') }} as time_on_site_seconds,
    us_on_site > 10000000 or page_view_count >= 2 or has_shopping_event as is_engaged,
    -- The first reason that holds. Superhuman: page views, on average less than a second apart on a clock
    -- that runs meanwhile; one that shows whole minutes may have run for nearly another one.
    case
        when has_bot_event then 'bot'
        when last_event_us - started_us > 86400000000 then 'too_long'
        when
            page_view_count >= 10
            and last_event_us > started_us
            and last_event_us - started_us + case when has_seconds then 0 else 60000000 end
            < 1000000 * (page_view_count - 1)
            then 'superhuman'
        when has_internal_host then 'internal_host'
    end as exclusion_reason
from lasting
