-- Counted orders per local day, per site and for all sites; people are counted in their period, never summed.
select
    coalesce(site, '(all)') as site,
    order_date as kpi_date,
    count(*) as order_count,
    count(case when is_guest then 1 end) as guest_order_count,
    count(distinct person_id) as customer_count,
    count(case when is_new_customer then 1 end) as new_customer_count,
    cast(sum(unit_quantity) as decimal(18, 4)) as unit_quantity,
    {% for name in [
        'gross_sales', 'discount', 'shipping', 'other_charges', 'tax', 'returned', 'sales_correction', 'net_sales'
    ] -%}
    cast(sum({{ name }}_amount) as decimal(18, 4)) as {{ name }}_amount{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('int_orders_valued') }}
where is_counted
group by grouping sets ((site, order_date), (order_date))
