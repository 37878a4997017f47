-- Days on which a person placed a counted order, with the net spend of those orders: what returns and sales
-- corrections took off them later is off the day of the order.
with days as (
    select
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_orders_valued') }}
    where is_counted
    group by person_id, order_date
)

select
    *,
    row_number() over person_days as day_number,
    {{ day_diff('lag(order_date) over person_days', 'order_date') }} as interval_days
from days
window person_days as (partition by person_id order by order_date asc nulls last)
