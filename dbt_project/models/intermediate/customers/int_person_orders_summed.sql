-- What the counted orders of a person add up to.
select
    person_id,
    min(order_date) as first_order_date,
    max(order_date) as last_order_date,
    count(*) as order_count,
    count(distinct order_date) as order_day_count,
    cast(sum(unit_quantity) as decimal(18, 4)) as unit_quantity,
    cast(sum(gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
    cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
    cast(sum(sales_correction_amount) as decimal(18, 4)) as sales_correction_amount,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
    cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount,
    max(case when is_cost_estimated then 1 else 0 end) = 1 as is_cost_estimated
from {{ ref('int_orders_valued') }}
where is_counted
group by person_id
