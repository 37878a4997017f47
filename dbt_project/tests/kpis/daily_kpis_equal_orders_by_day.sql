with booked as (
    select
        site,
        order_date as kpi_date,
        net_sales_amount
    from {{ ref('order_facts') }}
    union all
    select
        site,
        return_date,
        -returned_amount
    from {{ ref('returns') }}
    where order_id is null
    union all
    select
        site,
        adjustment_date,
        -adjusted_amount
    from {{ ref('adjustments') }}
    where order_id is null and is_sales_correction
),

summed as (
    select
        site,
        kpi_date,
        sum(net_sales_amount) as net_sales_amount
    from booked
    group by site, kpi_date
)

select
    coalesce(days.site, summed.site) as site,
    coalesce(days.kpi_date, summed.kpi_date) as kpi_date
from (
    select * from {{ ref('daily_kpis') }}
    where site <> '(all)'
) as days
full outer join summed on days.site = summed.site and days.kpi_date = summed.kpi_date
where
    days.site is null
    or days.net_sales_by_order_date_amount <> coalesce(summed.net_sales_amount, 0)
