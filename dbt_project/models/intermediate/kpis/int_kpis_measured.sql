-- All that the KPI tables say of a day, an ISO week or a month, of a site and of all sites, but for the value
-- of customers, which has to wait for predictions.
{% set money = 'decimal(18, 4)' %}
with dated as (
    {% for grain in grains() -%}
        select
            *,
            '{{ grain }}' as grain,
            {{ period_start('kpi_date', grain) }} as period_start_date,
        {% for name in kpi_different() -%}
            {{ name }}_count_{{ grain }} as {{ name }}_count,
            shop_{{ name }}_count_{{ grain }} as shop_{{ name }}_count{{ ',' if not loop.last }}
        {% endfor %}
        from {{ ref('int_daily_figures_joined') }}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

summed as (
    select
        grain,
        period_start_date,
        coalesce(site, '(all)') as kpi_site,
        {% for name in kpi_different() -%}
            cast(
                case
                    when site is null then sum(shop_{{ name }}_count)
                    else sum({{ name }}_count)
                end as bigint
            ) as {{ name }}_count,
        {% endfor -%}
        {% for name in kpi_counts() -%}
            cast(sum({{ name }}) as bigint) as {{ name }},
        {% endfor -%}
        {% for name in kpi_sums() + ['spend_amount'] -%}
            cast(sum({{ name }}) as {{ money }}) as {{ name }},
        {% endfor -%}
        cast(sum(time_on_site_seconds) as decimal(38, 6)) as all_time_on_site_seconds
    from dated
    group by grouping sets ((grain, period_start_date, site), (grain, period_start_date))
),

netted as (
    select
        *,
        customer_count - new_customer_count as returning_customer_count,
        cast(
            gross_sales_amount - discount_amount - sales_correction_amount - coalesce(returned_amount, 0)
            as {{ money }}
        ) as net_sales_amount,
        cast(
            cohort_net_sales_amount - unmatched_returned_amount - unlinked_sales_correction_amount
            as {{ money }}
        ) as net_sales_by_order_date_amount
    from summed
),

bounded as (
    select
        netted.*,
        periods.has_missing_delivery,
        periods.is_complete,
        {{ day_diff('periods.period_end_date', 'history.as_of_date') }} >= 30 as is_return_ratio_mature
    from netted
    inner join {{ ref('int_periods_judged') }} as periods
        on
            netted.grain = periods.grain
            and netted.kpi_site = periods.site
            and netted.period_start_date = periods.period_start_date
    cross join {{ ref('int_history_bounded') }} as history
)

select
    *,
    kpi_site as site,
    cast(
        net_sales_amount + tax_amount + shipping_amount - shipping_refund_amount
        + other_charges_amount - charge_refund_amount as {{ money }}
    ) as total_sales_amount,
    {{ money_quotient('gross_sales_amount - discount_amount', 'order_count') }} as average_order_value_amount,
    {{ money_quotient('cohort_net_sales_amount', 'order_count') }} as average_net_order_value_amount,
    {{ ratio('cohort_returned_amount', 'gross_sales_amount - discount_amount') }} as return_ratio,
    {{ money_quotient('spend_amount', 'new_customer_count') }} as cpa_amount,
    {{ ratio('page_view_count', 'session_count') }} as page_views_per_session,
    {{ decimal_quotient('all_time_on_site_seconds', 'session_count', 6) }} as time_on_site_seconds,
    {{ ratio('bounce_count', 'session_count') }} as bounce_ratio,
    -- Of sites that tell of both, orders and visits.
    {{ ratio('order_session_count', 'selling_session_count') }} as conversion_ratio,
    {{ money_quotient('visited_sales_amount', 'selling_session_count') }} as revenue_per_session_amount,
    {{ ratio('abandoned_cart_count', 'ordered_cart_count + recovered_cart_count + abandoned_cart_count') }}
        as cart_abandonment_ratio,
    {{ ratio(
        'retained_customer_count',
        'lag(case when is_complete then customer_count end) over ('
        ~ 'partition by grain, kpi_site order by period_start_date asc nulls last)'
    ) }} as retention_ratio
from bounded
