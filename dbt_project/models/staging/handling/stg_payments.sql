with source as (
    select * from {{ source('raw', 'payments') }}
)

select
    payment_id,
    order_id,
    method,
    currency_code,
    amount,
    paid_at,
    updated_at,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by payment_id
        order by {{ best_row_first(has_updated_at=true) }}
    ) = 1
