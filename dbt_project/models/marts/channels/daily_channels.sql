select
    days.site,
    days.channel_date,
    days.channel,
    days.spend_amount,
    days.click_count,
    days.impression_count,
    days.session_count,
    days.order_count,
    days.new_customer_count,
    days.net_sales_amount,
    days.contribution_amount,
    periods.is_complete
from {{ ref('int_channel_days_joined') }} as days
inner join {{ ref('int_periods_judged') }} as periods
    on
        days.site = periods.site
        and days.channel_date = periods.period_start_date
        and periods.grain = 'day'
