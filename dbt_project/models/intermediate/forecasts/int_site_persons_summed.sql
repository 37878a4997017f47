-- What counted orders of a person on a site left, and what is needed to tell how much that says of them.
with orders as (
    select
        site,
        person_id,
        net_sales_amount,
        cast(net_sales_amount - cost_of_goods_amount + cost_of_goods_returned_amount as decimal(18, 4))
            as goods_contribution_amount,
        cast(
            shipping_cost_amount + return_handling_cost_amount + service_cost_amount
            - shipping_amount + shipping_refund_amount as decimal(18, 4)
        ) as order_cost_amount,
        net_sales_amount > 0 as has_sales
    from {{ ref('int_orders_valued') }}
    where is_counted
),

-- An order that keeps a few cents may have a loss of any size: its ratio goes from -1 to 1.
bounded as (
    select
        *,
        greatest(least(goods_contribution_amount, net_sales_amount), -net_sales_amount) as bounded_amount
    from orders
),

squared as (
    select
        *,
        cast(
            cast(bounded_amount as double) * cast(bounded_amount as double)
            / nullif(cast(net_sales_amount as double), 0) as decimal(24, 6)
        ) as square_amount
    from bounded
),

summed as (
    select
        site,
        person_id,
        count(*) as order_count,
        cast(sum(order_cost_amount) as decimal(18, 4)) as order_cost_amount,
        count(case when has_sales then 1 end) as sales_order_count,
        cast(sum(case when has_sales then net_sales_amount else 0 end) as decimal(18, 4))
            as kept_sales_amount,
        cast(sum(case when has_sales then bounded_amount else 0 end) as decimal(18, 4))
            as goods_contribution_amount,
        cast(sum(case when has_sales then square_amount else 0 end) as decimal(24, 6))
            as contribution_square_amount
    from squared
    group by site, person_id
)

select
    *,
    row_number() over (
        partition by person_id order by order_count desc nulls last, site asc nulls last
    ) = 1 as is_home
from summed
