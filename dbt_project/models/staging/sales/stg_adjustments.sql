with source as (
    select * from {{ source('raw', 'adjustments') }}
),

winning_versions as (
    select
        adjustment_id,
        delivery_source,
        delivery_date
    from {{ ref('stg_adjustment_versions') }}
    where is_winner
)

select
    source.adjustment_id,
    source.adjusted_at,
    source.order_id,
    source.customer_id,
    source.site,
    source.kind,
    source.currency_code,
    source.amount,
    source.tax_amount,
    source.delivery_source,
    source.delivery_date
from source
inner join winning_versions
    on
        source.adjustment_id = winning_versions.adjustment_id
        and source.delivery_source = winning_versions.delivery_source
        and source.delivery_date = winning_versions.delivery_date
qualify
    row_number() over (
        partition by source.adjustment_id
        order by {{ best_row_first('source') }}
    ) = 1
