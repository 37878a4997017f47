{{ config(severity='warn') }}
with sold as (
    select
        order_id,
        product_id,
        sum(quantity) as sold_quantity
    from {{ ref('order_line_facts') }}
    where is_counted
    group by order_id, product_id
),

returned as (
    select
        order_id,
        product_id,
        sum(quantity) as returned_quantity
    from {{ ref('returns') }}
    where is_counted and order_id is not null
    group by order_id, product_id
)

select
    returned.order_id,
    returned.product_id,
    returned.returned_quantity,
    coalesce(sold.sold_quantity, 0) as sold_quantity
from returned
left join sold on returned.order_id = sold.order_id and returned.product_id = sold.product_id
-- An order without any line is told of elsewhere.
where
    returned.returned_quantity > coalesce(sold.sold_quantity, 0)
    and returned.order_id in (select with_lines.order_id from sold as with_lines)
