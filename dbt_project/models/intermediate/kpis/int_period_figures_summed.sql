-- What the days of a day, an ISO week or a month add up to, of a site and of all sites.
with dated as (
    {% for grain in grains() -%}
        select
            *,
            '{{ grain }}' as grain,
            {{ period_start('kpi_date', grain) }} as period_start_date,
            visitor_count_{{ grain }} as visitor_count,
            shop_visitor_count_{{ grain }} as shop_visitor_count,
            customer_count_{{ grain }} as customer_count,
            shop_customer_count_{{ grain }} as shop_customer_count,
            retained_customer_count_{{ grain }} as retained_customer_count,
            shop_retained_customer_count_{{ grain }} as shop_retained_customer_count,
            return_count_{{ grain }} as return_count,
            shop_return_count_{{ grain }} as shop_return_count
        from {{ ref('int_daily_figures_joined') }}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    grain,
    coalesce(site, '(all)') as site,
    period_start_date,
    -- Different ones in the shop are not the sum of different ones of its sites.
    cast(case when site is null then sum(shop_visitor_count) else sum(visitor_count) end as bigint)
        as visitor_count,
    cast(case when site is null then sum(shop_customer_count) else sum(customer_count) end as bigint)
        as customer_count,
    cast(
        case when site is null then sum(shop_retained_customer_count) else sum(retained_customer_count) end
        as bigint
    ) as retained_customer_count,
    cast(case when site is null then sum(shop_return_count) else sum(return_count) end as bigint)
        as return_count,
    cast(sum(session_count) as bigint) as session_count,
    cast(sum(bounce_count) as bigint) as bounce_count,
    cast(sum(order_session_count) as bigint) as order_session_count,
    cast(sum(new_visitor_count) as bigint) as new_visitor_count,
    cast(sum(page_view_count) as bigint) as page_view_count,
    cast(sum(order_count) as bigint) as order_count,
    cast(sum(guest_order_count) as bigint) as guest_order_count,
    cast(sum(online_order_count) as bigint) as online_order_count,
    cast(sum(new_customer_count) as bigint) as new_customer_count,
    cast(sum(cart_count) as bigint) as cart_count,
    cast(sum(ordered_cart_count) as bigint) as ordered_cart_count,
    cast(sum(recovered_cart_count) as bigint) as recovered_cart_count,
    cast(sum(abandoned_cart_count) as bigint) as abandoned_cart_count,
    cast(sum(emptied_cart_count) as bigint) as emptied_cart_count,
    cast(sum(open_cart_count) as bigint) as open_cart_count,
    cast(sum(selling_session_count) as bigint) as selling_session_count,
    cast(sum(unit_quantity) as decimal(18, 4)) as unit_quantity,
    cast(sum(returned_quantity) as decimal(18, 4)) as returned_quantity,
    cast(sum(gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
    cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
    cast(sum(online_sales_amount) as decimal(18, 4)) as online_sales_amount,
    cast(sum(sales_correction_amount) as decimal(18, 4)) as sales_correction_amount,
    cast(sum(unlinked_sales_correction_amount) as decimal(18, 4)) as unlinked_sales_correction_amount,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(unmatched_returned_amount) as decimal(18, 4)) as unmatched_returned_amount,
    cast(sum(cohort_returned_amount) as decimal(18, 4)) as cohort_returned_amount,
    cast(sum(cohort_net_sales_amount) as decimal(18, 4)) as cohort_net_sales_amount,
    cast(sum(shipping_amount) as decimal(18, 4)) as shipping_amount,
    cast(sum(shipping_refund_amount) as decimal(18, 4)) as shipping_refund_amount,
    cast(sum(other_charges_amount) as decimal(18, 4)) as other_charges_amount,
    cast(sum(charge_refund_amount) as decimal(18, 4)) as charge_refund_amount,
    cast(sum(tax_amount) as decimal(18, 4)) as tax_amount,
    cast(sum(tax_refund_amount) as decimal(18, 4)) as tax_refund_amount,
    cast(sum(shop_cost_amount) as decimal(18, 4)) as shop_cost_amount,
    cast(sum(bad_debt_amount) as decimal(18, 4)) as bad_debt_amount,
    cast(sum(visited_sales_amount) as decimal(18, 4)) as visited_sales_amount,
    cast(sum(spend_amount) as decimal(18, 4)) as spend_amount,
    cast(sum(time_on_site_seconds) as decimal(38, 6)) as all_time_on_site_seconds
from dated
group by grouping sets ((grain, period_start_date, site), (grain, period_start_date))
