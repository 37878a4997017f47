-- Where a person's counted orders were placed, what of them came back, and the category bought most: by
-- units, of equal ones the first by name.
with placed as (
    select
        orders.person_id,
        count(case when orders.sales_channel = 'online' then 1 end) as online_order_count,
        count(case when orders.sales_channel = 'store' then 1 end) as store_order_count,
        count(case when orders.sales_channel not in ('online', 'store') then 1 end) as other_order_count,
        count(valued.first_return_date) as returned_order_count,
        cast(sum(valued.gross_sales_amount - valued.discount_amount) as decimal(18, 4)) as sold_amount,
        cast(sum(valued.returned_amount) as decimal(18, 4)) as returned_amount
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_orders_valued') }} as valued on orders.order_id = valued.order_id
    where orders.is_counted
    group by orders.person_id
),

bought as (
    select
        lines.person_id,
        products.category,
        cast(sum(lines.quantity) as decimal(18, 4)) as unit_quantity
    from {{ ref('int_order_lines_converted') }} as lines
    inner join {{ ref('stg_products') }} as products on lines.product_id = products.product_id
    where lines.is_counted and products.category is not null
    group by lines.person_id, products.category
),

favourites as (
    select
        person_id,
        category,
        unit_quantity,
        cast(sum(unit_quantity) over (partition by person_id) as decimal(18, 4)) as all_quantity
    from bought
    qualify row_number() over (
        partition by person_id
        order by unit_quantity desc nulls last, category asc nulls last
    ) = 1
)

select
    placed.person_id,
    placed.online_order_count,
    placed.store_order_count,
    placed.other_order_count,
    placed.returned_order_count,
    {{ money_quotient('placed.sold_amount', 'placed.online_order_count + placed.store_order_count
        + placed.other_order_count') }} as average_order_value_amount,
    {{ ratio('placed.returned_amount', 'placed.sold_amount') }} as return_ratio,
    favourites.category as favourite_category,
    {{ ratio('favourites.unit_quantity', 'favourites.all_quantity') }} as favourite_category_ratio
from placed
left join favourites on placed.person_id = favourites.person_id
