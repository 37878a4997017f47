with source as (
    select * from {{ source('raw', 'fulfilments') }}
)

select
    fulfilment_id,
    order_id,
    shipped_at,
    delivered_at,
    carrier,
    updated_at,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by fulfilment_id
        order by {{ best_row_first(has_updated_at=true) }}
    ) = 1
