{{ config(materialized=view_on_duckdb()) }}
-- Due events with whom they belong to. A view: what it adds is small, what it shows is large.
select
    events.event_id,
    events.session_id,
    events.visitor_id,
    coalesce(shared.customer_id, visitors.first_customer_id) as customer_id,
    coalesce(
        'customer:' || coalesce(shared.customer_id, visitors.first_customer_id),
        'visitor:' || events.visitor_id
    ) as shopper_id,
    events.site,
    events.event_at,
    events.event_us,
    events.event_date,
    events.event_type,
    events.type_number,
    events.host,
    events.page_path,
    events.page_type,
    events.device_category,
    events.product_id,
    events.quantity,
    events.currency_code,
    events.value_amount,
    events.search_term,
    events.error_code,
    events.order_id,
    events.is_page_view,
    events.is_session_start,
    events.is_session_end,
    excluded.exclusion_reason,
    excluded.session_id is not null as is_excluded
from {{ ref('int_events_sessionised') }} as events
left join {{ ref('int_visitors_identified') }} as visitors on events.visitor_id = visitors.visitor_id
left join {{ ref('int_shared_events_owned') }} as shared on events.event_id = shared.event_id
left join {{ ref('int_sessions_excluded') }} as excluded on events.session_id = excluded.session_id
