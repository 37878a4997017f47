with lines as (
    select
        order_id,
        count(*) as line_count,
        sum(quantity) as unit_quantity,
        sum(gross_sales_amount) as gross_sales_amount,
        sum(discount_amount) as discount_amount,
        sum(cost_of_goods_amount) as cost_of_goods_amount
    from {{ ref('order_line_facts') }}
    group by order_id
)

select
    coalesce(orders.order_id, lines.order_id) as order_id,
    orders.gross_sales_amount,
    lines.gross_sales_amount as lines_gross_sales_amount
from {{ ref('order_facts') }} as orders
full outer join lines on orders.order_id = lines.order_id
where
    orders.order_id is null
    or orders.line_count <> coalesce(lines.line_count, 0)
    or orders.unit_quantity <> coalesce(lines.unit_quantity, 0)
    or orders.gross_sales_amount <> coalesce(lines.gross_sales_amount, 0)
    or orders.cost_of_goods_amount <> coalesce(lines.cost_of_goods_amount, 0)
    or orders.discount_amount < coalesce(lines.discount_amount, 0)
