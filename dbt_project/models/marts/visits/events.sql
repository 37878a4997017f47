{{ config(materialized=view_on_duckdb()) }}
-- Events with whom their session belongs to tonight.
select
    facts.session_id,
    facts.event_number,
    sessions.shopper_id,
    sessions.customer_id,
    sessions.visitor_id,
    facts.site,
    sessions.session_date,
    facts.event_at,
    facts.event_date,
    facts.event_type,
    facts.page_type,
    facts.page_path,
    facts.is_page_view,
    facts.product_id,
    facts.quantity,
    facts.currency_code,
    facts.delivered_value_amount,
    facts.search_term,
    facts.error_code,
    facts.order_id
from {{ ref('event_facts') }} as facts
inner join {{ ref('sessions') }} as sessions on facts.session_id = sessions.session_id
