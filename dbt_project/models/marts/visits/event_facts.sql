{{ config(materialized=view_on_duckdb()) }}
-- Events as they happened, without whom they belong to: that moves from night to night, an event does not. A
-- view in the working database, since what it adds is small; a snapshot holds its rows.
select
    session_id,
    event_number,
    site,
    event_at,
    event_date,
    event_type,
    page_type,
    case when {{ holds_address('page_path') }} then '(address)' else page_path end as page_path,
    is_page_view,
    product_id,
    quantity,
    currency_code,
    value_amount as delivered_value_amount,
    {{ typed_term('search_term') }} as search_term,
    error_code,
    order_id
from {{ ref('int_events_sessionised') }}
where session_id not in (select session_id from {{ ref('int_sessions_excluded') }})
