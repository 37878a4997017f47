with taken as (
    select
        order_id,
        returned_tax_amount as tax_amount,
        returned_amount,
        0 as sales_correction_amount
    from {{ ref('returns') }}
    where order_id is not null
    union all
    select
        order_id,
        case when kind in ('shop_cost', 'bad_debt') then 0 else adjusted_tax_amount end,
        0,
        case when is_sales_correction then adjusted_amount else 0 end
    from {{ ref('adjustments') }}
    where order_id is not null
),

summed as (
    select
        order_id,
        sum(tax_amount) as tax_amount,
        sum(returned_amount) as returned_amount,
        sum(sales_correction_amount) as sales_correction_amount
    from taken
    group by order_id
)

select
    orders.order_id,
    orders.tax_refund_amount,
    summed.tax_amount
from {{ ref('order_facts') }} as orders
left join summed on orders.order_id = summed.order_id
where
    orders.tax_refund_amount <> coalesce(summed.tax_amount, 0)
    or orders.returned_amount <> coalesce(summed.returned_amount, 0)
    or orders.sales_correction_amount <> coalesce(summed.sales_correction_amount, 0)
