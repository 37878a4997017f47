with source as (
    select * from {{ source('raw', 'message_events') }}
)

select
    message_id,
    kind,
    event_at,
    channel,
    campaign,
    trigger,
    customer_id,
    email_hash,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by message_id, kind, event_at
        order by {{ best_row_first() }}
    ) = 1
