with days as (
    select
        sent_date,
        sum(case when campaign = '(all)' then message_count else 0 end) as message_count,
        sum(case when campaign = '(all)' then 0 else message_count end) as grouped_count,
        sum(case when campaign = '(all)' then coalesce(order_count_7d, 0) else 0 end) as order_count,
        sum(case when campaign = '(all)' then 0 else coalesce(order_count_7d, 0) end) as grouped_order_count,
        max(case when campaign = '(all)' then 0 else coalesce(order_count_7d, 0) end) as largest_order_count
    from {{ ref('daily_messages') }}
    group by sent_date
),

messages as (
    select
        sent_date,
        count(*) as message_count,
        sum(coalesce(order_count_7d, 0)) as order_count
    from {{ ref('messages') }}
    where sent_date is not null
    group by sent_date
)

select
    coalesce(days.sent_date, messages.sent_date) as sent_date,
    days.message_count,
    days.grouped_count,
    messages.message_count as messages_message_count,
    days.order_count,
    messages.order_count as messages_order_count
from days
full outer join messages on days.sent_date = messages.sent_date
where
    days.message_count is distinct from messages.message_count
    or days.grouped_count is distinct from messages.message_count
    or days.order_count < days.largest_order_count
    or days.order_count > days.grouped_order_count
    or days.grouped_order_count > messages.order_count
