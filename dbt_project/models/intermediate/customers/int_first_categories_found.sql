-- The category that is the largest part of a person's first order; of equal ones the first by name. Products
-- of no known category are a part as well.
with parts as (
    select
        orders.person_id,
        products.category,
        sum(lines.gross_sales_amount - lines.discount_amount) as sold_amount
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_order_lines_converted') }} as lines on orders.order_id = lines.order_id
    left join {{ ref('stg_products') }} as products on lines.product_id = products.product_id
    where orders.is_new_customer
    group by orders.person_id, products.category
)

select
    person_id,
    category as first_category
from parts
qualify row_number() over (
    partition by person_id
    order by sold_amount desc nulls last, category asc nulls last
) = 1
