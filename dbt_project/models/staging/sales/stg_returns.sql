with source as (
    select * from {{ source('raw', 'returns') }}
),

winning_versions as (
    select
        return_id,
        delivery_source,
        delivery_date
    from {{ ref('stg_return_versions') }}
    where is_winner
)

select
    source.return_id,
    source.line_number,
    source.updated_at,
    source.order_id,
    source.customer_id,
    source.site,
    source.product_id,
    source.returned_at,
    source.quantity,
    source.currency_code,
    source.refund_amount,
    source.tax_amount,
    source.reason,
    source.handling_cost_amount,
    source.delivery_source,
    source.delivery_date
from source
inner join winning_versions
    on
        source.return_id = winning_versions.return_id
        and source.delivery_source = winning_versions.delivery_source
        and source.delivery_date = winning_versions.delivery_date
qualify
    row_number() over (
        partition by source.return_id, source.line_number
        order by {{ best_row_first('source', has_updated_at=true) }}
    ) = 1
