{#- Figures of daily_kpis that stand beside their own past and are watched for restatement. -#}
{% macro daily_measures() %}
    {{ return([
        'order_count', 'new_customer_count', 'returning_customer_count', 'gross_sales_amount', 'returned_amount',
        'net_sales_amount', 'net_sales_by_order_date_amount', 'total_sales_amount', 'average_order_value_amount'
    ]) }}
{% endmacro %}
