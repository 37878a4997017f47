with summed as (
    select
        site,
        month_start_date,
        coalesce(channel, '(all)') as channel,
        sum(spend_amount) as spend_amount,
        sum(click_count) as click_count,
        sum(impression_count) as impression_count,
        sum(session_count) as session_count,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        sum(net_sales_amount) as net_sales_amount
    from {{ ref('campaigns') }}
    group by grouping sets ((site, month_start_date, channel), (site, month_start_date))
)

select
    channels.site,
    channels.month_start_date,
    channels.channel
from {{ ref('channel_performance') }} as channels
left join summed
    on
        channels.site = summed.site
        and channels.month_start_date = summed.month_start_date
        and channels.channel = summed.channel
where
    channels.site <> '(all)'
    and (
        coalesce(channels.spend_amount, 0) <> coalesce(summed.spend_amount, 0)
        or coalesce(channels.click_count, 0) <> coalesce(summed.click_count, 0)
        or coalesce(channels.impression_count, 0) <> coalesce(summed.impression_count, 0)
        or coalesce(channels.session_count, 0) <> coalesce(summed.session_count, 0)
        -- Orders stand with their own session's campaign, there with the last non-direct channel.
        or (
            channels.channel = '(all)'
            and (
                coalesce(channels.order_count, 0) <> coalesce(summed.order_count, 0)
                or coalesce(channels.new_customer_count, 0) <> coalesce(summed.new_customer_count, 0)
                or coalesce(channels.net_sales_amount, 0) <> coalesce(summed.net_sales_amount, 0)
            )
        )
    )
