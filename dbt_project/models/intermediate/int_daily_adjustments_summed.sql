-- Counted adjustments per local day on which they were booked, per site and for all sites.
select
    coalesce(site, '(all)') as site,
    adjustment_date as kpi_date,
    cast(sum(case when is_sales_correction then converted_amount else 0 end) as decimal(18, 4))
        as sales_correction_amount,
    cast(
        sum(case when is_sales_correction and order_id is null then converted_amount else 0 end)
        as decimal(18, 4)
    )
        as unlinked_sales_correction_amount,
{% for kind in ['shipping_refund', 'charge_refund', 'shop_cost', 'bad_debt'] -%}
    cast(sum(case when kind = '{{ kind }}' then converted_amount else 0 end) as decimal(18, 4))
        as {{ kind }}_amount{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('int_adjustments_converted') }}
where is_counted
group by grouping sets ((site, adjustment_date), (adjustment_date))
