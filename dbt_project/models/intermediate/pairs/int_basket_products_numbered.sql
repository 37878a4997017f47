-- What lies in the baskets that are looked at, by numbers, which join faster than ids.
with laid as (
    select distinct
        baskets.basket_number,
        baskets.group_number,
        baskets.product_count,
        lines.product_id
    from {{ ref('int_order_lines_converted') }} as lines
    inner join {{ ref('int_baskets_sized') }} as baskets on lines.order_id = baskets.order_id
    where lines.quantity > 0 and not baskets.is_left_out
)

select
    *,
    dense_rank() over (order by product_id asc nulls last) as product_number,
    count(*) over (partition by product_id) as order_count,
    count(case when product_count > 1 then 1 end) over (partition by product_id) as shared_order_count
from laid
