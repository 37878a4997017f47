-- Counted orders that a message's person placed within 7 times 24 hours after it was sent. They follow it:
-- what moved them, nobody knows.
select
    messages.message_id,
    orders.order_id,
    orders.gross_sales_amount - orders.discount_amount as order_amount
from {{ ref('int_messages_joined') }} as messages
inner join {{ ref('orders') }} as orders on messages.person_id = orders.person_id
where
    orders.is_counted
    and {{ epoch_us('orders.ordered_at') }} > {{ epoch_us('messages.sent_at') }}
    and {{ epoch_us('orders.ordered_at') }} <= {{ epoch_us('messages.sent_at') }} + {{ following_us() }}
