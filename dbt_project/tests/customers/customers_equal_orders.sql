with customers as (
    select
        coalesce(sum(order_count), 0) as order_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount
    from {{ ref('customers') }}
),

-- Empty, and not compared, where the shop was never told of orders or of their lines.
shop as (
    select
        sum(order_count) as order_count,
        sum(net_sales_amount) as net_sales_amount
    from {{ ref('daily_kpis') }}
    where site = '(all)'
),

nobody as (
    select coalesce(sum(amount), 0) as amount
    from (
        select returned_amount as amount from {{ ref('returns') }}
        where person_id is null
        union all
        select adjusted_amount from {{ ref('adjustments') }}
        where person_id is null and is_sales_correction
    ) as unnamed
)

select
    customers.net_sales_amount,
    shop.net_sales_amount as shop_net_sales_amount
from customers
cross join shop
cross join nobody
where
    customers.order_count <> shop.order_count
    or customers.net_sales_amount <> shop.net_sales_amount + nobody.amount
