-- Counted returns per local day on which they were booked, per site and for all sites.
select
    coalesce(site, '(all)') as site,
    return_date as kpi_date,
    count(distinct return_id) as return_count,
    cast(sum(quantity) as decimal(18, 4)) as returned_quantity,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(case when order_id is null then returned_amount else 0 end) as decimal(18, 4))
        as unmatched_returned_amount
from {{ ref('int_returns_converted') }}
where is_counted
group by grouping sets ((site, return_date), (return_date))
