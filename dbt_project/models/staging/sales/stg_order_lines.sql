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
),

best as (
    select source.*
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
)

select
    order_id,
    line_number,
    updated_at,
    product_id,
    quantity,
    currency_code,
    unit_price_amount,
    gross_amount,
    discount_amount,
    unit_cost_amount,
    delivery_source,
    delivery_date
from best
-- A line that comes with quantity 0 is gone.
where not ({{ takes_away('order_lines') }})
