with known as (
    select
        site,
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_order_changes_known') }}
    where known_until_date is null and known_from_date <= {{ as_of_date() }}
    group by site, person_id, order_date
),

counted as (
    select
        site,
        person_id,
        order_date,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from {{ ref('int_order_changes_dated') }}
    where person_id not like 'order:%'
    group by site, person_id, order_date
)

select
    known.person_id as known_person_id,
    counted.person_id as counted_person_id
from known
full outer join counted
    on
        known.site = counted.site
        and known.person_id = counted.person_id
        and known.order_date = counted.order_date
where (known.net_sales_amount = counted.net_sales_amount) is not true
