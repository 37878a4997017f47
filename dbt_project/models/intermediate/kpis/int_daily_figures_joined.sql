-- Every day of the history for every site, with what happened on it: nothing where nothing did, and empty
-- what the site was never told of. Corrections and costs need no telling: a shop without them has none. Net
-- sales of a shop that never told of a return are before returns.
{% set zero = number('0') %}
with first_spend as (
    select
        site,
        min(kpi_date) as first_spend_date
    from {{ ref('int_daily_spend_summed') }}
    group by site
)

select
    sites.site,
    days.calendar_date as kpi_date,
    case when told.has_visits then coalesce(visits.session_count, 0) end as session_count,
    case when told.has_visits then coalesce(visits.bounce_count, 0) end as bounce_count,
    case when told.has_orders and told.has_visits then coalesce(visits.order_session_count, 0) end
        as order_session_count,
    case when told.has_visits then coalesce(visits.new_visitor_count, 0) end as new_visitor_count,
    case when told.has_visits then coalesce(visits.page_view_count, 0) end as page_view_count,
    case when told.has_orders then coalesce(orders.order_count, 0) end as order_count,
    case when told.has_orders then coalesce(orders.guest_order_count, 0) end as guest_order_count,
    case when told.has_orders then coalesce(orders.online_order_count, 0) end as online_order_count,
    case when told.has_orders then coalesce(orders.new_customer_count, 0) end as new_customer_count,
    case when told.has_visits then coalesce(carts.cart_count, 0) end as cart_count,
    case when told.has_visits then coalesce(carts.ordered_cart_count, 0) end as ordered_cart_count,
    case when told.has_visits then coalesce(carts.recovered_cart_count, 0) end as recovered_cart_count,
    case when told.has_visits then coalesce(carts.abandoned_cart_count, 0) end as abandoned_cart_count,
    case when told.has_visits then coalesce(carts.emptied_cart_count, 0) end as emptied_cart_count,
    case when told.has_visits then coalesce(carts.open_cart_count, 0) end as open_cart_count,
    case when told.has_orders and told.has_visits then coalesce(visits.selling_session_count, 0) end
        as selling_session_count,
    -- Different ones of a day, a week and a month, on the site and in the shop.
    {% for place in ['', 'shop_'] -%}
        {% for grain in grains() -%}
            case when told.has_visits then coalesce(visits.{{ place }}visitor_count_{{ grain }}, 0) end
                as {{ place }}visitor_count_{{ grain }},
            case when told.has_orders then coalesce(orders.{{ place }}customer_count_{{ grain }}, 0) end
                as {{ place }}customer_count_{{ grain }},
            case
                when told.has_orders then coalesce(orders.{{ place }}retained_customer_count_{{ grain }}, 0)
            end as {{ place }}retained_customer_count_{{ grain }},
            case when told.has_returns then coalesce(returns.{{ place }}return_count_{{ grain }}, 0) end
                as {{ place }}return_count_{{ grain }},
        {% endfor -%}
    {% endfor -%}
    case when told.has_order_lines then coalesce(orders.unit_quantity, {{ zero }}) end as unit_quantity,
    case when told.has_returns then coalesce(returns.returned_quantity, {{ zero }}) end as returned_quantity,
    case when told.has_order_lines then coalesce(orders.gross_sales_amount, {{ zero }}) end
        as gross_sales_amount,
    case when told.has_order_lines then coalesce(orders.discount_amount, {{ zero }}) end as discount_amount,
    case when told.has_order_lines then coalesce(orders.online_sales_amount, {{ zero }}) end
        as online_sales_amount,
    coalesce(corrections.sales_correction_amount, {{ zero }}) as sales_correction_amount,
    coalesce(corrections.unlinked_sales_correction_amount, {{ zero }}) as unlinked_sales_correction_amount,
    case when told.has_returns then coalesce(returns.returned_amount, {{ zero }}) end as returned_amount,
    coalesce(returns.unmatched_returned_amount, {{ zero }}) as unmatched_returned_amount,
    case
        when told.has_orders and told.has_returns then coalesce(orders.cohort_returned_amount, {{ zero }})
    end as cohort_returned_amount,
    case when told.has_order_lines then coalesce(orders.cohort_net_sales_amount, {{ zero }}) end
        as cohort_net_sales_amount,
    case when told.has_orders then coalesce(orders.shipping_amount, {{ zero }}) end as shipping_amount,
    coalesce(corrections.shipping_refund_amount, {{ zero }}) as shipping_refund_amount,
    case when told.has_orders then coalesce(orders.other_charges_amount, {{ zero }}) end
        as other_charges_amount,
    coalesce(corrections.charge_refund_amount, {{ zero }}) as charge_refund_amount,
    case when told.has_orders then coalesce(orders.tax_amount, {{ zero }}) end as tax_amount,
    cast(
        coalesce(returns.returned_tax_amount, 0) + coalesce(corrections.tax_refund_amount, 0)
        as decimal(18, 4)
    ) as tax_refund_amount,
    coalesce(corrections.shop_cost_amount, {{ zero }}) as shop_cost_amount,
    coalesce(corrections.bad_debt_amount, {{ zero }}) as bad_debt_amount,
    -- Online sales of sites that tell of visits too, to be divided by selling_session_count.
    case
        when told.has_order_lines and told.has_visits then coalesce(orders.online_sales_amount, {{ zero }})
    end as visited_sales_amount,
    case when told.has_visits then coalesce(visits.time_on_site_seconds, 0) end as time_on_site_seconds,
    -- Before the first that a site tells of, its spend is not known.
    case
        when days.calendar_date >= first_spend.first_spend_date then coalesce(spend.spend_amount, {{ zero }})
    end as spend_amount
from {{ ref('int_days_listed') }} as days
cross join {{ source('raw', 'sites') }} as sites
inner join {{ ref('int_sites_told') }} as told on sites.site = told.site
left join {{ ref('int_daily_orders_summed') }} as orders
    on sites.site = orders.site and days.calendar_date = orders.kpi_date
left join {{ ref('int_daily_returns_summed') }} as returns
    on sites.site = returns.site and days.calendar_date = returns.kpi_date
left join {{ ref('int_daily_corrections_summed') }} as corrections
    on sites.site = corrections.site and days.calendar_date = corrections.kpi_date
left join {{ ref('int_daily_visits_summed') }} as visits
    on sites.site = visits.site and days.calendar_date = visits.kpi_date
left join {{ ref('daily_cart_abandonment') }} as carts
    on sites.site = carts.site and days.calendar_date = carts.cart_date
left join {{ ref('int_daily_spend_summed') }} as spend
    on sites.site = spend.site and days.calendar_date = spend.kpi_date
left join first_spend on sites.site = first_spend.site
