-- What counted orders sold, on their own day, and what returns and sales corrections took off them, on
-- theirs: summed up to any day, the net sales of an order day as they were known then.
with changes as (
    select
        order_id,
        order_date as known_date,
        cast(gross_sales_amount - discount_amount as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_orders_valued') }}
    union all
    select
        order_id,
        return_date,
        -returned_amount
    from {{ ref('int_returns_converted') }}
    where order_id is not null
    union all
    select
        order_id,
        adjustment_date,
        -converted_amount
    from {{ ref('int_adjustments_converted') }}
    where order_id is not null and is_sales_correction
)

select
    orders.site,
    orders.person_id,
    orders.order_date,
    -- A return that is dated before its order was known with it.
    greatest(changes.known_date, orders.order_date) as known_date,
    cast(sum(changes.net_sales_amount) as decimal(18, 4)) as net_sales_amount
from changes
inner join {{ ref('int_orders_valued') }} as orders on changes.order_id = orders.order_id
where orders.is_counted
group by all
