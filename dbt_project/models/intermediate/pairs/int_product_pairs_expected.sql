-- Products that met in enough orders, beside how often they would meet if the products of orders of one site,
-- month and size were shuffled between these orders.
{% set fewest_orders = fewest_orders_of_a_pair() %}
with shared as (
    select * from {{ ref('int_basket_products_numbered') }}
    where product_count > 1
),

frequent as (
    select * from shared
    where shared_order_count >= {{ fewest_orders }}
),

pairs as (
    select
        a.product_number,
        b.product_number as paired_product_number,
        count(*) as order_count
    from frequent as a
    inner join frequent as b
        on a.basket_number = b.basket_number and a.product_number < b.product_number
    group by all
    having count(*) >= {{ fewest_orders }}
),

-- Places for a product in the orders of a group, and how many other places they have beside them.
places as (
    select
        group_number,
        count(*) as place_count,
        sum(product_count - 1) as neighbour_count
    from shared
    group by group_number
),

sold as (
    select
        group_number,
        product_number,
        count(*) as order_count
    from frequent
    group by all
)

select
    pairs.product_number,
    pairs.paired_product_number,
    pairs.order_count,
    -- A second copy of a product never lies in its order, so its places are no places for the other.
    sum(
        cast(
            cast(a.order_count * b.order_count as double) * cast(places.neighbour_count as double)
            / places.place_count / (places.place_count - greatest(a.order_count, b.order_count))
            as decimal(28, 12)
        )
    ) as expected_order_count
from pairs
inner join sold as a on pairs.product_number = a.product_number
inner join sold as b
    on pairs.paired_product_number = b.product_number and a.group_number = b.group_number
inner join places on a.group_number = places.group_number
group by all
