-- Every day of the history for every site and '(all)', with nothing sold where nothing was.
{% set zero = number('0') %}
with joined as (
    select
        sites.site,
        days.calendar_date as kpi_date,
        days.calendar_date <= sites.last_complete_date as is_complete,
        {% for name in ['order', 'guest_order', 'customer', 'new_customer'] -%}
            coalesce(orders.{{ name }}_count, 0) as {{ name }}_count,
        {% endfor -%}
        coalesce(orders.unit_quantity, {{ zero }}) as unit_quantity,
        {% for name in ['gross_sales', 'discount', 'shipping', 'other_charges', 'tax'] -%}
            coalesce(orders.{{ name }}_amount, {{ zero }}) as {{ name }}_amount,
        {% endfor -%}
        coalesce(orders.returned_amount, {{ zero }}) as cohort_returned_amount,
        coalesce(orders.net_sales_amount, {{ zero }}) as cohort_net_sales_amount,
        coalesce(returns.return_count, 0) as return_count,
        {% for name in ['returned_quantity', 'returned_amount', 'unmatched_returned_amount'] -%}
            coalesce(returns.{{ name }}, {{ zero }}) as {{ name }},
        {% endfor -%}
        {% for name in [
            'sales_correction', 'unlinked_sales_correction', 'shipping_refund', 'charge_refund', 'shop_cost', 'bad_debt'
        ] -%}
        coalesce(adjustments.{{ name }}_amount, {{ zero }}) as {{ name }}_amount{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('int_days_listed') }} as days
    cross join {{ ref('int_sites_timed') }} as sites
    left join {{ ref('int_daily_orders_summed') }} as orders
        on sites.site = orders.site and days.calendar_date = orders.kpi_date
    left join {{ ref('int_daily_returns_summed') }} as returns
        on sites.site = returns.site and days.calendar_date = returns.kpi_date
    left join {{ ref('int_daily_adjustments_summed') }} as adjustments
        on sites.site = adjustments.site and days.calendar_date = adjustments.kpi_date
),

netted as (
    select
        *,
        customer_count - new_customer_count as returning_customer_count,
        cast(
            gross_sales_amount - discount_amount - sales_correction_amount - returned_amount as decimal(18, 4)
        ) as net_sales_amount,
        cast(
            cohort_net_sales_amount - unmatched_returned_amount - unlinked_sales_correction_amount
            as decimal(18, 4)
        ) as net_sales_by_order_date_amount
    from joined
)

select
    *,
    cast(
        net_sales_amount + tax_amount + shipping_amount - shipping_refund_amount
        + other_charges_amount - charge_refund_amount as decimal(18, 4)
    ) as total_sales_amount,
    {{ money_quotient('gross_sales_amount - discount_amount', 'order_count') }} as average_order_value_amount,
    {{ money_quotient('cohort_net_sales_amount', 'order_count') }} as average_net_order_value_amount,
    {{ ratio('cohort_returned_amount', 'gross_sales_amount - discount_amount') }} as return_ratio
from netted
