{#- What the KPI tables are made of. Counts and sums of a day add up to those of its week or month. Two are not -#}
{#- shown: selling_session_count, sessions on sites that tell of orders too, and visited_sales_amount, online sales -#}
{#- on sites that tell of visits too: what is divided must be of the same sites. -#}
{% macro kpi_counts() %}
    {{ return([
        'session_count', 'bounce_count', 'order_session_count', 'new_visitor_count', 'page_view_count', 'order_count',
        'guest_order_count', 'online_order_count', 'new_customer_count', 'cart_count', 'ordered_cart_count',
        'recovered_cart_count', 'abandoned_cart_count', 'emptied_cart_count', 'open_cart_count',
        'selling_session_count'
    ]) }}
{% endmacro %}
{% macro kpi_sums() %}
    {{ return([
        'unit_quantity', 'returned_quantity', 'gross_sales_amount', 'discount_amount', 'online_sales_amount',
        'sales_correction_amount', 'unlinked_sales_correction_amount', 'returned_amount', 'unmatched_returned_amount',
        'cohort_returned_amount', 'cohort_net_sales_amount', 'shipping_amount', 'shipping_refund_amount',
        'other_charges_amount', 'charge_refund_amount', 'tax_amount', 'shop_cost_amount', 'bad_debt_amount',
        'visited_sales_amount'
    ]) }}
{% endmacro %}

{#- Different visitors, customers … of a period, on a site and in the shop: see counted_once. -#}
{% macro kpi_different() %}{{ return(['visitor', 'customer', 'retained_customer', 'return']) }}{% endmacro %}

{#- Figures that stand beside their own past. -#}
{% macro kpis_beside_their_past(grain) -%}
    {%- set retention = [] if grain == 'day' else ['retention_ratio'] -%}
    {{ return([
        'page_view_count', 'page_views_per_session', 'session_count', 'visitor_count', 'new_visitor_count',
        'time_on_site_seconds', 'bounce_ratio', 'conversion_ratio', 'revenue_per_session_amount', 'cart_count',
        'abandoned_cart_count', 'cart_abandonment_ratio', 'order_count', 'new_customer_count',
        'returning_customer_count', 'gross_sales_amount', 'returned_amount', 'return_ratio', 'net_sales_amount',
        'net_sales_by_order_date_amount', 'total_sales_amount', 'average_order_value_amount', 'cpa_amount'
    ] + retention) }}
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

{#- A KPI table: periods of one grain beside the period before and that of the year before, where the history -#}
{#- holds them whole, with benchmarks and the predicted value of new customers. -#}
{% macro kpi_table(grain, start_name) -%}
with kpis as (
    select * from {{ ref('int_kpis_measured') }}
    where grain = '{{ grain }}'
),

valued as (
    select
        coalesce(site, '(all)') as site,
        period_start_date,
        count(predicted_value_365d_amount) as valued_new_customer_count,
        cast(sum(predicted_value_365d_amount) as decimal(18, 4)) as predicted_value_amount
    from (
        select
            orders.site,
            {{ period_start('orders.order_date', grain) }} as period_start_date,
            predictions.predicted_value_365d_amount
        from {{ ref('int_orders_identified') }} as orders
        inner join {{ source('predictions', 'customer_predictions') }} as predictions
            on orders.person_id = predictions.person_id
        where orders.is_new_customer
    ) as new_customers
    group by grouping sets ((site, period_start_date), (period_start_date))
),

benchmarks as (
    select
        max(case when region = 'worldwide' then value end) as worldwide_ratio,
        max(case when region = 'Europe' then value end) as europe_ratio
    from {{ ref('benchmarks') }}
    where kpi_name = 'cart_abandonment_ratio'
)

select
    kpis.site,
    kpis.period_start_date as {{ start_name }},
    {% if grain == 'week' -%}
        {{ iso_year('kpis.period_start_date') }} as iso_year,
        {{ iso_week('kpis.period_start_date') }} as iso_week,
    {% endif -%}
    history.as_of_date,
    history.history_start_date,
    {% for name in [
        'page_view_count', 'page_views_per_session', 'session_count', 'visitor_count', 'new_visitor_count',
        'bounce_count', 'order_session_count', 'time_on_site_seconds', 'bounce_ratio', 'conversion_ratio',
        'revenue_per_session_amount', 'cart_count', 'ordered_cart_count', 'recovered_cart_count',
        'abandoned_cart_count', 'emptied_cart_count', 'open_cart_count', 'cart_abandonment_ratio'
    ] -%}
        kpis.{{ name }},
    {% endfor -%}
    benchmarks.worldwide_ratio as benchmark_cart_abandonment_ratio,
    benchmarks.europe_ratio as benchmark_europe_cart_abandonment_ratio,
    {% for name in [
        'order_count', 'guest_order_count', 'online_order_count', 'customer_count', 'new_customer_count',
        'returning_customer_count', 'unit_quantity', 'return_count', 'returned_quantity', 'gross_sales_amount',
        'discount_amount', 'online_sales_amount', 'sales_correction_amount', 'returned_amount', 'net_sales_amount',
        'net_sales_by_order_date_amount', 'shipping_amount', 'shipping_refund_amount', 'other_charges_amount',
        'charge_refund_amount', 'tax_amount', 'total_sales_amount', 'shop_cost_amount', 'bad_debt_amount',
        'cohort_returned_amount', 'average_order_value_amount', 'average_net_order_value_amount', 'return_ratio',
        'spend_amount', 'cpa_amount'
    ] -%}
        kpis.{{ name }},
    {% endfor -%}
    case when kpis.order_count is not null then coalesce(valued.valued_new_customer_count, 0) end
        as valued_new_customer_count,
    {{ money_quotient('valued.predicted_value_amount', 'valued.valued_new_customer_count') }} as clv_365d_amount,
    {% if grain != 'day' -%}
        kpis.retained_customer_count,
        kpis.retention_ratio,
    {% endif -%}
    {% for name in kpis_beside_their_past(grain) -%}
        previous.{{ name }} as previous_{{ name }},
        year_before.{{ name }} as year_before_{{ name }},
    {% endfor -%}
    kpis.is_complete,
    kpis.has_missing_delivery,
    kpis.is_return_ratio_mature
from kpis
cross join {{ ref('int_history_bounded') }} as history
cross join benchmarks
left join kpis as previous
    on
        kpis.site = previous.site
        and previous.period_start_date = {{ previous_start('kpis.period_start_date', grain) }}
        and previous.is_complete
left join kpis as year_before
    on
        kpis.site = year_before.site
        and year_before.period_start_date = {{ year_before_start('kpis.period_start_date', grain) }}
        and year_before.is_complete
left join valued on kpis.site = valued.site and kpis.period_start_date = valued.period_start_date
{%- endmacro %}
