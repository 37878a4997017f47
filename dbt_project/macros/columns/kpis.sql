{#- Columns that the KPI tables of days, weeks and months have in common, in their order. Each table writes its own -#}
{#- beside them, and reads kpi_periods(). -#}

{#- What a period is measured by, with benchmarks. -#}
{% macro kpi_columns() -%}
    kpis.page_view_count,
    kpis.page_views_per_session,
    kpis.session_count,
    kpis.visitor_count,
    kpis.new_visitor_count,
    kpis.bounce_count,
    kpis.order_session_count,
    kpis.time_on_site_seconds,
    kpis.bounce_ratio,
    kpis.conversion_ratio,
    kpis.revenue_per_session_amount,
    kpis.cart_count,
    kpis.ordered_cart_count,
    kpis.recovered_cart_count,
    kpis.abandoned_cart_count,
    kpis.emptied_cart_count,
    kpis.open_cart_count,
    kpis.cart_abandonment_ratio,
    benchmarks.worldwide_ratio as benchmark_cart_abandonment_ratio,
    benchmarks.europe_ratio as benchmark_europe_cart_abandonment_ratio,
    kpis.order_count,
    kpis.guest_order_count,
    kpis.online_order_count,
    kpis.customer_count,
    kpis.new_customer_count,
    kpis.returning_customer_count,
    kpis.unit_quantity,
    kpis.return_count,
    kpis.returned_quantity,
    kpis.gross_sales_amount,
    kpis.discount_amount,
    kpis.online_sales_amount,
    kpis.sales_correction_amount,
    kpis.returned_amount,
    kpis.net_sales_amount,
    kpis.net_sales_by_order_date_amount,
    kpis.shipping_amount,
    kpis.shipping_refund_amount,
    kpis.other_charges_amount,
    kpis.charge_refund_amount,
    kpis.tax_amount,
    kpis.tax_refund_amount,
    kpis.total_sales_amount,
    kpis.shop_cost_amount,
    kpis.bad_debt_amount,
    kpis.cohort_returned_amount,
    kpis.average_order_value_amount,
    kpis.average_net_order_value_amount,
    kpis.return_ratio,
    kpis.spend_amount,
    kpis.cpa_amount
{%- endmacro %}

{#- The same figures of the period before and of that of the year before. -#}
{% macro kpi_columns_before() -%}
    kpis.previous_page_view_count,
    kpis.year_before_page_view_count,
    kpis.previous_page_views_per_session,
    kpis.year_before_page_views_per_session,
    kpis.previous_session_count,
    kpis.year_before_session_count,
    kpis.previous_visitor_count,
    kpis.year_before_visitor_count,
    kpis.previous_new_visitor_count,
    kpis.year_before_new_visitor_count,
    kpis.previous_time_on_site_seconds,
    kpis.year_before_time_on_site_seconds,
    kpis.previous_bounce_ratio,
    kpis.year_before_bounce_ratio,
    kpis.previous_conversion_ratio,
    kpis.year_before_conversion_ratio,
    kpis.previous_revenue_per_session_amount,
    kpis.year_before_revenue_per_session_amount,
    kpis.previous_cart_count,
    kpis.year_before_cart_count,
    kpis.previous_abandoned_cart_count,
    kpis.year_before_abandoned_cart_count,
    kpis.previous_cart_abandonment_ratio,
    kpis.year_before_cart_abandonment_ratio,
    kpis.previous_order_count,
    kpis.year_before_order_count,
    kpis.previous_new_customer_count,
    kpis.year_before_new_customer_count,
    kpis.previous_returning_customer_count,
    kpis.year_before_returning_customer_count,
    kpis.previous_gross_sales_amount,
    kpis.year_before_gross_sales_amount,
    kpis.previous_returned_amount,
    kpis.year_before_returned_amount,
    kpis.previous_return_ratio,
    kpis.year_before_return_ratio,
    kpis.previous_net_sales_amount,
    kpis.year_before_net_sales_amount,
    kpis.previous_net_sales_by_order_date_amount,
    kpis.year_before_net_sales_by_order_date_amount,
    kpis.previous_total_sales_amount,
    kpis.year_before_total_sales_amount,
    kpis.previous_average_order_value_amount,
    kpis.year_before_average_order_value_amount,
    kpis.previous_cpa_amount,
    kpis.year_before_cpa_amount
{%- endmacro %}

{#- Periods of one grain, as kpis, with all that stands beside them. -#}
{% macro kpi_periods(grain) -%}
from {{ ref('int_kpis_compared') }} as kpis
cross join {{ ref('int_history_bounded') }} as history
cross join (
    select
        max(case when region = 'worldwide' then value end) as worldwide_ratio,
        max(case when region = 'Europe' then value end) as europe_ratio
    from {{ ref('benchmarks') }}
    where kpi_name = 'cart_abandonment_ratio'
) as benchmarks
where kpis.grain = '{{ grain }}'
{%- endmacro %}

{#- Figures that are watched for restatement. -#}
{% macro kpis_watched() %}
    {{ return([
        'order_count', 'new_customer_count', 'returning_customer_count', 'gross_sales_amount', 'returned_amount',
        'net_sales_amount', 'net_sales_by_order_date_amount', 'total_sales_amount', 'average_order_value_amount',
        'session_count', 'visitor_count', 'new_visitor_count', 'page_view_count', 'bounce_count',
        'order_session_count', 'cart_count', 'abandoned_cart_count', 'spend_amount'
    ]) }}
{% endmacro %}
