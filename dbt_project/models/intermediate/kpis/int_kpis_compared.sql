-- Every period beside the one before and that of the year before, where the history holds them whole.
with kpis as (
    {% for grain in grains() -%}
        select
            *,
            {{ previous_start('period_start_date', grain) }} as previous_start_date,
            {{ year_before_start('period_start_date', grain) }} as year_before_start_date
        from {{ ref('int_kpis_measured') }}
        where grain = '{{ grain }}'
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    kpis.*,
    previous.page_view_count as previous_page_view_count,
    previous.page_views_per_session as previous_page_views_per_session,
    previous.session_count as previous_session_count,
    previous.visitor_count as previous_visitor_count,
    previous.new_visitor_count as previous_new_visitor_count,
    previous.time_on_site_seconds as previous_time_on_site_seconds,
    previous.bounce_ratio as previous_bounce_ratio,
    previous.conversion_ratio as previous_conversion_ratio,
    previous.revenue_per_session_amount as previous_revenue_per_session_amount,
    previous.cart_count as previous_cart_count,
    previous.abandoned_cart_count as previous_abandoned_cart_count,
    previous.cart_abandonment_ratio as previous_cart_abandonment_ratio,
    previous.order_count as previous_order_count,
    previous.new_customer_count as previous_new_customer_count,
    previous.returning_customer_count as previous_returning_customer_count,
    previous.gross_sales_amount as previous_gross_sales_amount,
    previous.returned_amount as previous_returned_amount,
    previous.return_ratio as previous_return_ratio,
    previous.net_sales_amount as previous_net_sales_amount,
    previous.net_sales_by_order_date_amount as previous_net_sales_by_order_date_amount,
    previous.total_sales_amount as previous_total_sales_amount,
    previous.average_order_value_amount as previous_average_order_value_amount,
    previous.cpa_amount as previous_cpa_amount,
    previous.retention_ratio as previous_retention_ratio,
    year_before.page_view_count as year_before_page_view_count,
    year_before.page_views_per_session as year_before_page_views_per_session,
    year_before.session_count as year_before_session_count,
    year_before.visitor_count as year_before_visitor_count,
    year_before.new_visitor_count as year_before_new_visitor_count,
    year_before.time_on_site_seconds as year_before_time_on_site_seconds,
    year_before.bounce_ratio as year_before_bounce_ratio,
    year_before.conversion_ratio as year_before_conversion_ratio,
    year_before.revenue_per_session_amount as year_before_revenue_per_session_amount,
    year_before.cart_count as year_before_cart_count,
    year_before.abandoned_cart_count as year_before_abandoned_cart_count,
    year_before.cart_abandonment_ratio as year_before_cart_abandonment_ratio,
    year_before.order_count as year_before_order_count,
    year_before.new_customer_count as year_before_new_customer_count,
    year_before.returning_customer_count as year_before_returning_customer_count,
    year_before.gross_sales_amount as year_before_gross_sales_amount,
    year_before.returned_amount as year_before_returned_amount,
    year_before.return_ratio as year_before_return_ratio,
    year_before.net_sales_amount as year_before_net_sales_amount,
    year_before.net_sales_by_order_date_amount as year_before_net_sales_by_order_date_amount,
    year_before.total_sales_amount as year_before_total_sales_amount,
    year_before.average_order_value_amount as year_before_average_order_value_amount,
    year_before.cpa_amount as year_before_cpa_amount,
    year_before.retention_ratio as year_before_retention_ratio
from kpis
left join kpis as previous
    on
        kpis.grain = previous.grain
        and kpis.site = previous.site
        and kpis.previous_start_date = previous.period_start_date
        and previous.is_complete
left join kpis as year_before
    on
        kpis.grain = year_before.grain
        and kpis.site = year_before.site
        and kpis.year_before_start_date = year_before.period_start_date
        and year_before.is_complete
