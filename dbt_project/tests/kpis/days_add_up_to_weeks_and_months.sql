{% set names = [
    'session_count', 'page_view_count', 'bounce_count', 'order_session_count', 'new_visitor_count', 'order_count',
    'new_customer_count', 'cart_count', 'abandoned_cart_count', 'gross_sales_amount', 'returned_amount',
    'net_sales_amount', 'net_sales_by_order_date_amount', 'total_sales_amount', 'tax_refund_amount',
    'spend_amount'
] %}
with days as (
    {% for grain in grains()[1:] -%}
        select
            site,
            '{{ grain }}' as grain,
            {{ period_start('kpi_date', grain) }} as period_start_date,
        {% for name in names -%}
            coalesce(sum({{ name }}), 0) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
        from {{ ref('daily_kpis') }}
        group by all
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

periods as (
    select
        site,
        'week' as grain,
        week_start_date as period_start_date,
        {{ names | join(', ') }}
    from {{ ref('weekly_kpis') }}
    union all
    select
        site,
        'month',
        month_start_date,
        {{ names | join(', ') }}
    from {{ ref('monthly_kpis') }}
)

select
    coalesce(days.grain, periods.grain) as grain,
    coalesce(days.site, periods.site) as site,
    coalesce(days.period_start_date, periods.period_start_date) as period_start_date
from days
full outer join periods
    on
        days.grain = periods.grain
        and days.site = periods.site
        and days.period_start_date = periods.period_start_date
where
    days.site is null
    or periods.site is null
    {%- for name in names %}
        or days.{{ name }} <> coalesce(periods.{{ name }}, 0)
    {%- endfor %}
