select
    sales.site,
    sales.kpi_date,
    history.as_of_date,
    history.history_start_date,
    {% for name in [
        'order_count', 'guest_order_count', 'customer_count', 'new_customer_count', 'returning_customer_count',
        'unit_quantity', 'return_count', 'returned_quantity', 'gross_sales_amount', 'discount_amount',
        'sales_correction_amount', 'returned_amount', 'net_sales_amount', 'net_sales_by_order_date_amount',
        'shipping_amount', 'shipping_refund_amount', 'other_charges_amount', 'charge_refund_amount', 'tax_amount',
        'total_sales_amount', 'shop_cost_amount', 'bad_debt_amount', 'cohort_returned_amount',
        'average_order_value_amount', 'average_net_order_value_amount', 'return_ratio'
    ] -%}
        sales.{{ name }},
    {% endfor -%}
    {% for name in daily_measures() -%}
        day_before.{{ name }} as previous_{{ name }},
        year_before.{{ name }} as year_before_{{ name }},
    {% endfor -%}
    sales.is_complete,
    {{ day_diff('sales.kpi_date', 'history.as_of_date') }} >= 30 as is_return_ratio_mature
from {{ ref('int_daily_sales_joined') }} as sales
cross join {{ ref('int_history_bounded') }} as history
left join {{ ref('int_daily_sales_joined') }} as day_before
    on sales.site = day_before.site and day_before.kpi_date = {{ add_days('sales.kpi_date', -1) }}
left join {{ ref('int_daily_sales_joined') }} as year_before
    on sales.site = year_before.site and year_before.kpi_date = {{ add_days('sales.kpi_date', -364) }}
