-- All that the KPI tables say of a day, an ISO week or a month, of a site and of all sites, but for the value
-- of customers, which has to wait for predictions.
{% set money = 'decimal(18, 4)' %}
with netted as (
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
    from {{ ref('int_period_figures_summed') }}
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
            and netted.site = periods.site
            and netted.period_start_date = periods.period_start_date
    cross join {{ ref('int_history_bounded') }} as history
)

select
    *,
    cast(
        net_sales_amount + tax_amount - tax_refund_amount + shipping_amount - shipping_refund_amount
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
        ~ 'partition by grain, site order by period_start_date asc nulls last)'
    ) }} as retention_ratio
from bounded
