with source as (
    select * from {{ source('raw', 'service_contacts') }}
)

select
    contact_id,
    customer_id,
    contacted_at,
    channel,
    topic,
    order_id,
    currency_code,
    cost_amount,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by contact_id
        order by {{ best_row_first() }}
    ) = 1
