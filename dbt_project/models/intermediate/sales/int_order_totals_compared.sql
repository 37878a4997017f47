-- What every due order says that the customer was asked to pay, beside the sum of its parts; in its currency.
with compared as (
    select
        orders.order_id,
        orders.site,
        orders.order_date,
        orders.is_counted,
        orders.currency_code,
        orders.total_amount as delivered_total_amount,
        -- The source sums up lines itself, and this header came without any.
        {{ has_summed_totals('orders.delivery_source') }}
        and coalesce(versions.line_count, 0) = 0
        and goods.order_id is not null as lacks_total,
        coalesce(goods.line_count, 0) as line_count,
        cast(
            coalesce(goods.delivered_gross_sales_amount, 0)
            - coalesce(goods.delivered_line_discount_amount, 0) as decimal(18, 4)
        ) as lines_amount,
        cast(
            orders.shipping_amount + orders.other_charges_amount + orders.tax_amount - orders.discount_amount
            as decimal(18, 4)
        ) as other_parts_amount
    from {{ ref('int_orders_identified') }} as orders
    left join {{ ref('int_order_goods_summed') }} as goods on orders.order_id = goods.order_id
    left join {{ ref('stg_order_versions') }} as versions
        on orders.order_id = versions.order_id and versions.is_header_winner
),

told as (
    select
        *,
        cast(
            case when lacks_total then lines_amount + other_parts_amount else delivered_total_amount end
            as decimal(18, 4)
        ) as total_amount
    from compared
),

differing as (
    select
        *,
        cast(total_amount - lines_amount - other_parts_amount as decimal(18, 4)) as difference_amount
    from told
)

select
    order_id,
    site,
    order_date,
    is_counted,
    currency_code,
    line_count,
    total_amount,
    lines_amount,
    other_parts_amount,
    difference_amount,
    -- Each line may be rounded to the cent; an order without lines may differ by one.
    abs(difference_amount) <= {{ number('0.01') }} * greatest(line_count, 1) as is_tied
from differing
