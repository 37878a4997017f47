{{ config(materialized=view_on_duckdb()) }}
-- Facts of old days stay as they are; whose cart it is, is joined to them.
select
    facts.cart_id,
    case
        when customers.cart_id is not null then customers.shopper_id
        else coalesce('customer:' || visitors.customer_id, 'visitor:' || facts.visitor_id)
    end as shopper_id,
    case when customers.cart_id is not null then customers.customer_id else visitors.customer_id end
        as customer_id,
    facts.visitor_id,
    facts.site,
    facts.opened_at,
    facts.opened_date,
    facts.opened_hour,
    facts.last_touched_at,
    facts.state,
    facts.stage,
    facts.order_id,
    facts.ordered_at,
    facts.hours_to_recovery,
    facts.fullest_quantity,
    facts.fullest_amount,
    facts.end_quantity,
    facts.end_amount,
    facts.is_value_complete,
    facts.product_count,
    facts.first_device_category,
    facts.last_device_category,
    facts.device_category_count,
    facts.visitor_count,
    facts.session_count,
    facts.channel
from {{ ref('cart_facts') }} as facts
left join {{ ref('visitor_customers') }} as visitors on facts.visitor_id = visitors.visitor_id
left join {{ ref('cart_customers') }} as customers on facts.cart_id = customers.cart_id
