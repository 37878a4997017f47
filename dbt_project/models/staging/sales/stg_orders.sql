with source as (
    select * from {{ source('raw', 'orders') }}
),

winning_versions as (
    select
        order_id,
        delivery_source,
        delivery_date
    from {{ ref('stg_order_versions') }}
    where is_header_winner
)

select
    source.order_id,
    source.ordered_at,
    source.updated_at,
    source.customer_id,
    source.email_hash,
    source.visitor_id,
    source.site,
    source.sales_channel,
    source.status,
    source.currency_code,
    source.discount_amount,
    source.shipping_amount,
    source.shipping_cost_amount,
    source.other_charges_amount,
    source.tax_amount,
    source.total_amount,
    source.coupon_code,
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
        partition by source.order_id
        order by {{ best_row_first('source', has_updated_at=true) }}
    ) = 1
