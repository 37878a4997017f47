-- Parts of returns that count, per local day of their return and site.
select
    site,
    return_date as kpi_date,
    {{ counted_once('return', 'return_date', 'previous_on_site_date', 'previous_date') }},
    cast(sum(quantity) as decimal(18, 4)) as returned_quantity,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(returned_tax_amount) as decimal(18, 4)) as returned_tax_amount,
    cast(sum(case when order_id is null then returned_amount else 0 end) as decimal(18, 4))
        as unmatched_returned_amount
from (
    select
        *,
        lag(return_date) over (
            partition by return_id, site
            order by return_date asc nulls last, line_number asc nulls last, part_number asc nulls last
        ) as previous_on_site_date,
        lag(return_date) over (
            partition by return_id
            order by return_date asc nulls last, line_number asc nulls last, part_number asc nulls last
        ) as previous_date
    from {{ ref('int_returns_converted') }}
    where is_counted
) as looked_back
group by site, return_date
