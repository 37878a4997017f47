with source as (
    select * from {{ source('raw', 'messages') }}
)

select
    message_id,
    customer_id,
    email_hash,
    sent_at,
    channel,
    campaign,
    trigger,
    opened_at,
    clicked_at,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by message_id
        order by {{ best_row_first() }}
    ) = 1
