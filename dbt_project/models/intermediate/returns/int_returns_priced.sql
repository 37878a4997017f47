-- What was paid for the units of parts whose refund was not delivered: their share of what the order took
-- for the product, its own discounts and its part of the order's taken off. Parts of one sale are priced by
-- their running number of units: together never more than was paid, and just that when all came back. Their
-- tax is the same share of the order's tax.
with sold as (
    select
        order_id,
        product_id,
        cast(sum(quantity) as decimal(18, 4)) as sold_quantity,
        cast(sum(gross_sales_amount - discount_amount) as decimal(18, 4)) as net_amount
    from {{ ref('int_order_lines_converted') }}
    group by order_id, product_id
),

paid as (
    select
        sold.order_id,
        sold.product_id,
        sold.sold_quantity,
        cast(
            sold.net_amount - coalesce({{ money_quotient(
                product(
                    'orders.converted_discount_amount - coalesce(goods.line_discount_amount, 0)',
                    'sold.net_amount'
                ),
                'goods.gross_sales_amount - goods.line_discount_amount'
            ) }}, 0) as decimal(18, 4)
        ) as paid_amount,
        orders.converted_tax_amount as order_tax_amount,
        cast(
            goods.gross_sales_amount - orders.converted_discount_amount + orders.converted_shipping_amount
            + orders.converted_other_charges_amount as decimal(18, 4)
        ) as order_amount
    from sold
    inner join {{ ref('int_orders_converted') }} as orders on sold.order_id = orders.order_id
    inner join {{ ref('int_order_goods_summed') }} as goods on sold.order_id = goods.order_id
),

taxed as (
    select
        *,
        coalesce({{ money_quotient(product('order_tax_amount', 'paid_amount'), 'order_amount') }}, 0)
            as paid_tax_amount
    from paid
),

counted as (
    select
        parts.return_id,
        parts.line_number,
        parts.part_number,
        parts.quantity,
        taxed.sold_quantity,
        taxed.paid_amount,
        taxed.paid_tax_amount,
        sum(parts.quantity) over (
            partition by parts.order_id, returns.product_id
            order by
                returns.returned_at asc nulls last, parts.return_id asc nulls last,
                parts.line_number asc nulls last, parts.part_number asc nulls last
            rows between unbounded preceding and current row
        ) as running_quantity
    from {{ ref('int_returns_split') }} as parts
    inner join {{ ref('int_returns_dated') }} as returns
        on parts.return_id = returns.return_id and parts.line_number = returns.line_number
    inner join taxed on parts.order_id = taxed.order_id and returns.product_id = taxed.product_id
    where returns.refund_amount is null
),

bounded as (
    select
        *,
        cast(least(greatest(running_quantity, 0), sold_quantity) as decimal(18, 4)) as units_now,
        cast(least(greatest(running_quantity - quantity, 0), sold_quantity) as decimal(18, 4)) as units_before
    from counted
)

select
    return_id,
    line_number,
    part_number,
    cast(
        {{ money_quotient(product('paid_amount', 'units_now'), 'sold_quantity') }}
        - {{ money_quotient(product('paid_amount', 'units_before'), 'sold_quantity') }} as decimal(18, 4)
    ) as paid_amount,
    cast(
        {{ money_quotient(product('paid_tax_amount', 'units_now'), 'sold_quantity') }}
        - {{ money_quotient(product('paid_tax_amount', 'units_before'), 'sold_quantity') }} as decimal(18, 4)
    ) as paid_tax_amount
from bounded
