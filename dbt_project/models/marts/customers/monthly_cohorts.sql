{% set zero = number('0') %}
with cells as (
    select * from {{ ref('int_cohort_months_summed') }}
),

-- In its first month everybody of a cohort is active.
summed as (
    select
        cohorts.site,
        cohorts.cohort_kind,
        cohorts.cohort_value,
        cohorts.cohort_start_date,
        months.period_start_date as month_start_date,
        cohorts.active_customer_count as customer_count,
        cohorts.anonymous_customer_count,
        coalesce(cells.net_sales_amount, {{ zero }}) as net_sales_amount,
        coalesce(cells.contribution_amount, {{ zero }}) as contribution_amount,
        coalesce(cells.sold_amount, {{ zero }}) as sold_amount,
        coalesce(cells.returned_amount, {{ zero }}) as returned_amount,
        coalesce(cells.return_handling_cost_amount, {{ zero }}) as return_handling_cost_amount,
        coalesce(cells.active_customer_count, 0) as active_customer_count,
        coalesce(cells.order_count, 0) as order_count,
        coalesce(cells.returner_count, 0) as returner_count,
        cast(sum(coalesce(cells.first_return_count, 0)) over life as bigint) as cumulative_returner_count,
        cast(sum(coalesce(cells.net_sales_amount, 0)) over life as decimal(18, 4))
            as cumulative_net_sales_amount,
        cast(sum(coalesce(cells.contribution_amount, 0)) over life as decimal(18, 4))
            as cumulative_contribution_amount,
        months.is_money_complete as is_complete
    from cells as cohorts
    inner join {{ ref('int_periods_judged') }} as months
        on cohorts.site = months.site and cohorts.cohort_start_date <= months.period_start_date
    left join cells
        on
            months.period_start_date = cells.month_start_date
            and cohorts.site = cells.site
            and cohorts.cohort_kind = cells.cohort_kind
            and cohorts.cohort_value = cells.cohort_value
            and cohorts.cohort_start_date = cells.cohort_start_date
    where months.grain = 'month' and cohorts.cohort_start_date = cohorts.month_start_date
    window life as (
        partition by cohorts.site, cohorts.cohort_kind, cohorts.cohort_value, cohorts.cohort_start_date
        order by months.period_start_date asc nulls last
        rows between unbounded preceding and current row
    )
)

select
    site,
    cohort_kind,
    cohort_value,
    cohort_start_date,
    {{ month_diff('cohort_start_date', 'month_start_date') }} as months_since_first_order,
    month_start_date,
    customer_count,
    anonymous_customer_count,
    case when is_complete then active_customer_count end as active_customer_count,
    case when is_complete then order_count end as order_count,
    case when is_complete then net_sales_amount end as net_sales_amount,
    case when is_complete then contribution_amount end as contribution_amount,
    case when is_complete then cumulative_net_sales_amount end as cumulative_net_sales_amount,
    case when is_complete then cumulative_contribution_amount end as cumulative_contribution_amount,
    case when is_complete then sold_amount end as sold_amount,
    case when is_complete then returned_amount end as returned_amount,
    case when is_complete then return_handling_cost_amount end as return_handling_cost_amount,
    case when is_complete then returner_count end as returner_count,
    case when is_complete then cumulative_returner_count end as cumulative_returner_count,
    case
        when is_complete then {{ money_quotient('cumulative_net_sales_amount', 'customer_count') }}
    end as cumulative_net_sales_per_customer_amount,
    case
        when is_complete then {{ money_quotient('cumulative_contribution_amount', 'customer_count') }}
    end as cumulative_contribution_per_customer_amount,
    case when is_complete then {{ ratio('active_customer_count', 'customer_count') }} end as retention_ratio,
    case when is_complete then {{ ratio('returned_amount', 'sold_amount') }} end as return_ratio,
    is_complete,
    {{ day_diff(month_end('month_start_date'), as_of_date()) }} >= 30 as is_return_ratio_mature
from summed
