with paid as (
    select
        order_date,
        site,
        sum(paid_amount) as paid_amount
    from {{ ref('payment_facts') }}
    where is_counted
    group by order_date, site
),

told as (
    select
        order_date,
        site,
        sum(paid_amount) as paid_amount
    from {{ ref('order_facts') }}
    where is_counted
    group by order_date, site
)

select
    coalesce(paid.order_date, told.order_date) as order_date,
    coalesce(paid.site, told.site) as site,
    paid.paid_amount,
    told.paid_amount as orders_paid_amount
from paid
full outer join told on paid.order_date = told.order_date and paid.site = told.site
where paid.paid_amount is distinct from told.paid_amount
