-- Days on which a person placed a counted order on a site, with the net spend of those orders: what returns
-- and sales corrections took off them later is off the day of the order.
with days as (
    select
        site,
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_order_changes_dated') }}
    group by site, person_id, order_date
)

select
    days.*,
    {{ money_product('days.net_sales_amount', '1 - coalesce(to_come.to_come_ratio, 0)') }}
        as settled_net_sales_amount,
    row_number() over person_days as day_number,
    {{ day_diff('lag(days.order_date) over person_days', 'days.order_date') }} as interval_days
from days
left join {{ ref('int_returns_to_come_estimated') }} as to_come
    on days.site = to_come.site and days.order_date = to_come.order_date
window person_days as (partition by days.site, days.person_id order by days.order_date asc nulls last)
