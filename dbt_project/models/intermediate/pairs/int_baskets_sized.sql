-- Counted orders of the last year with how many different products they hold. An order of very many is a
-- warehouse's list: it makes thousands of pairs and tells little of any; it is left out, and counted.
{% set most_products = 50 %}
with bought as (
    select
        order_id,
        site,
        {{ month_start('order_date') }} as month_start_date,
        count(distinct product_id) as product_count
    from {{ ref('int_order_lines_converted') }}
    where is_counted and quantity > 0 and order_date > {{ add_days(as_of_date(), -365) }}
    group by all
)

select
    order_id,
    product_count,
    product_count > {{ most_products }} as is_left_out,
    dense_rank() over (order by order_id asc nulls last) as basket_number,
    -- Orders alike: of one site and month, and of about one size.
    dense_rank() over (
        order by
            site asc nulls last,
            month_start_date asc nulls last,
            case
                when product_count <= 5 then product_count
                when product_count <= 10 then 10
                when product_count <= 20 then 20
                else {{ most_products }}
            end asc nulls last
    ) as group_number
from bought
