with changed as (
    select
        site,
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_order_changes_dated') }}
    group by site, person_id, order_date
),

ordered as (
    select
        site,
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_orders_valued') }}
    where is_counted
    group by site, person_id, order_date
)

select
    changed.person_id as changed_person_id,
    ordered.person_id as ordered_person_id
from changed
full outer join ordered
    on
        changed.site = ordered.site
        and changed.person_id = ordered.person_id
        and changed.order_date = ordered.order_date
where (changed.net_sales_amount = ordered.net_sales_amount) is not true
