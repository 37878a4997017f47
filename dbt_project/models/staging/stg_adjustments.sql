with source as (
    select * from {{ source('raw', 'adjustments') }}
)

select
    adjustment_id,
    adjusted_at,
    order_id,
    customer_id,
    site,
    kind,
    currency_code,
    amount,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by adjustment_id
        order by {{ best_row_first() }}
    ) = 1
