{{ config(materialized=view_on_duckdb()) }}
-- Facts of old days stay as they are; who came, and what was ordered, is joined to them.
select
    facts.session_id,
    coalesce(
        'customer:' || coalesce(customers.customer_id, visitors.customer_id), 'visitor:' || facts.visitor_id
    ) as shopper_id,
    coalesce(customers.customer_id, visitors.customer_id) as customer_id,
    facts.visitor_id,
    facts.site,
    facts.native_session_id,
    facts.native_session_count,
    facts.started_at,
    facts.ended_at,
    facts.session_date,
    facts.landing_page_path,
    facts.landing_page_type,
    facts.exit_page_path,
    facts.exit_page_type,
    facts.device_category,
    facts.country_code,
    facts.source,
    facts.medium,
    facts.campaign,
    facts.keyword,
    facts.click_id_type,
    facts.referrer_host,
    facts.channel,
    coalesce(customers.last_non_direct_channel, facts.visitor_last_non_direct_channel)
        as last_non_direct_channel,
    coalesce(customers.first_touch_channel, facts.visitor_first_touch_channel) as first_touch_channel,
    facts.event_count,
    facts.page_view_count,
    facts.product_view_count,
    facts.search_count,
    facts.add_to_cart_count,
    facts.purchase_count,
    facts.time_on_site_seconds,
    facts.has_begin_checkout,
    facts.has_add_shipping,
    facts.has_add_payment,
    facts.has_checkout_error,
    facts.is_engaged,
    facts.is_bounce,
    facts.visitor_session_number,
    facts.is_new_visitor,
    facts.is_new_to_site,
    coalesce(customers.has_many_customers, false) as has_many_customers,
    case when facts.is_selling_site then coalesce(orders.order_count, 0) end as order_count,
    case when facts.is_selling_site then coalesce(orders.order_amount, {{ number('0') }}) end as order_amount
from {{ ref('session_facts') }} as facts
left join {{ ref('visitor_customers') }} as visitors on facts.visitor_id = visitors.visitor_id
left join {{ ref('session_customers') }} as customers on facts.session_id = customers.session_id
left join {{ ref('session_orders') }} as orders on facts.session_id = orders.session_id
