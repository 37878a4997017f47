{{ config(materialized=view_on_duckdb()) }}
select
    facts.order_id,
    facts.line_number,
    facts.product_id,
    who.person_id,
    facts.site,
    facts.currency_code,
    facts.order_date,
    facts.exchange_rate,
    facts.quantity,
    facts.delivered_unit_price_amount,
    facts.delivered_gross_sales_amount,
    facts.delivered_discount_amount,
    facts.gross_sales_amount,
    facts.discount_amount,
    facts.cost_of_goods_amount,
    facts.cost_source,
    facts.is_counted,
    facts.is_cost_estimated
from {{ ref('order_line_facts') }} as facts
inner join {{ ref('order_customers') }} as who on facts.order_id = who.order_id
