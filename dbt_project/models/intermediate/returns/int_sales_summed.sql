-- What a counted order sold of a product, and how much of it no return names: free to be matched.
with sold as (
    select
        orders.person_id,
        lines.product_id,
        orders.order_id,
        orders.ordered_at,
        orders.order_date,
        cast(sum(lines.quantity) as decimal(18, 4)) as quantity
    from {{ ref('stg_order_lines') }} as lines
    inner join {{ ref('int_orders_identified') }} as orders on lines.order_id = orders.order_id
    where orders.is_counted
    group by all
),

named as (
    select
        linked_order_id as order_id,
        product_id,
        cast(sum(quantity) as decimal(18, 4)) as quantity
    from {{ ref('int_returns_dated') }}
    where linked_order_id is not null
    group by all
)

select
    sold.*,
    least(
        sold.quantity,
        greatest(
            cast(0 as decimal(18, 4)), sold.quantity - coalesce(named.quantity, cast(0 as decimal(18, 4)))
        )
    ) as free_quantity
from sold
left join named on sold.order_id = named.order_id and sold.product_id = named.product_id
