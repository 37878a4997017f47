{{ config(materialized=view_on_duckdb()) }}
select
    facts.payment_id,
    facts.order_id,
    facts.named_order_id,
    who.person_id,
    facts.site,
    facts.method,
    facts.currency_code,
    facts.reporting_currency_code,
    facts.paid_at,
    facts.payment_date,
    facts.order_date,
    facts.delivered_amount,
    facts.paid_amount,
    facts.is_counted
from {{ ref('payment_facts') }} as facts
left join {{ ref('order_customers') }} as who on facts.order_id = who.order_id
