-- Days on which a person placed a counted order, on whatever site, with the net spend of those orders.
with days as (
    select
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
        cast(sum(settled_net_sales_amount) as decimal(18, 4)) as settled_net_sales_amount
    from {{ ref('int_site_order_days_summed') }}
    group by person_id, order_date
)

select
    *,
    row_number() over person_days as day_number,
    {{ day_diff('lag(order_date) over person_days', 'order_date') }} as interval_days
from days
window person_days as (partition by person_id order by order_date asc nulls last)
