{{ config(materialized=view_on_duckdb()) }}
select
    facts.fulfilment_id,
    facts.order_id,
    facts.named_order_id,
    who.person_id,
    facts.site,
    facts.carrier,
    facts.shipped_at,
    facts.delivered_at,
    facts.order_date,
    facts.shipped_date,
    facts.delivered_date,
    facts.days_to_ship,
    facts.days_to_deliver,
    facts.is_counted
from {{ ref('fulfilment_facts') }} as facts
left join {{ ref('order_customers') }} as who on facts.order_id = who.order_id
