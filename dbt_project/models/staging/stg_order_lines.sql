with source as (
    select * from {{ source('raw', 'order_lines') }}
),

winning_versions as (
    select
        order_id,
        delivery_source,
        delivery_date
    from {{ ref('stg_order_versions') }}
    where is_line_winner
)

select
    source.order_id,
    source.line_number,
    source.updated_at,
    source.product_id,
    source.quantity,
    source.currency_code,
    source.unit_price_amount,
    source.discount_amount,
    source.unit_cost_amount,
    source.delivery_source,
    source.delivery_date
from source
inner join winning_versions
    on
        source.order_id = winning_versions.order_id
        and source.delivery_source = winning_versions.delivery_source
        and source.delivery_date = winning_versions.delivery_date
qualify
    row_number() over (
        partition by source.order_id, source.line_number
        order by {{ best_row_first('source', has_updated_at=true) }}
    ) = 1
