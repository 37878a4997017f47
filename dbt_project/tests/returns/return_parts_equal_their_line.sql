with parts as (
    select
        return_id,
        line_number,
        sum(quantity) as quantity,
        sum(delivered_refund_amount) as refund_amount,
        sum(delivered_tax_amount) as tax_amount
    from {{ ref('returns') }}
    group by return_id, line_number
),

taken as (
    select
        order_id,
        product_id,
        sum(quantity) as quantity
    from {{ ref('returns') }}
    where match_kind = 'matched'
    group by order_id, product_id
)

select
    parts.return_id as document_id,
    parts.quantity
from parts
inner join {{ ref('int_returns_dated') }} as lines
    on parts.return_id = lines.return_id and parts.line_number = lines.line_number
where
    parts.quantity <> lines.quantity
    or parts.refund_amount <> coalesce(lines.refund_amount, 0)
    or parts.tax_amount is distinct from lines.tax_amount
union all
select
    taken.order_id,
    taken.quantity
from taken
left join {{ ref('int_sales_summed') }} as sales
    on taken.order_id = sales.order_id and taken.product_id = sales.product_id
where taken.quantity > coalesce(sales.free_quantity, 0)
