with paid_back as (
    select
        months.site,
        months.month_start_date,
        months.channel,
        min(cohorts.months_since_first_order) as months_to_payback
    from {{ ref('int_channel_months_joined') }} as months
    inner join {{ ref('monthly_cohorts') }} as cohorts
        on
            months.site = cohorts.site
            and months.month_start_date = cohorts.cohort_start_date
            and months.channel = cohorts.cohort_value
            and cohorts.cohort_kind in ('(all)', 'first_order_channel')
            and months.spend_amount <= cohorts.cumulative_contribution_amount
    where months.spend_amount > 0 and months.new_customer_count > 0
    group by all
)

select
    months.*,
    {{ money_quotient('spend_amount', 'new_customer_count') }} as cpa_amount,
    {{ ratio('net_sales_amount', 'spend_amount') }} as roas_ratio,
    {{ money_quotient('spend_amount', 'first_touch_new_customer_count') }} as first_touch_cpa_amount,
    {{ ratio('first_touch_net_sales_amount', 'spend_amount') }} as first_touch_roas_ratio,
    paid_back.months_to_payback,
    case
        when coalesce(months.spend_amount, 0) <= 0 then 'no_spend'
        when months.new_customer_count is null then 'unknown'
        when months.new_customer_count = 0 then 'no_new_customers'
        when paid_back.months_to_payback is null then 'not_yet'
        else 'paid_back'
    end as payback_state,
    periods.is_complete
from {{ ref('int_channel_months_joined') }} as months
inner join {{ ref('int_periods_judged') }} as periods
    on
        months.site = periods.site
        and months.month_start_date = periods.period_start_date
        and periods.grain = 'month'
left join paid_back
    on
        months.site = paid_back.site
        and months.month_start_date = paid_back.month_start_date
        and months.channel = paid_back.channel
