with source as (
    select * from {{ source('raw', 'products') }}
)

select
    product_id,
    name,
    category,
    brand,
    size,
    currency_code,
    unit_cost_amount,
    list_price_amount,
    stock_quantity,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by product_id
        order by {{ best_row_first() }}
    ) = 1
