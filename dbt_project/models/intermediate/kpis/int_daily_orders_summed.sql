-- Counted orders per local day and site.
with looked_back as (
    select
        *,
        lag(order_date) over (
            partition by person_id, site
            order by order_date asc nulls last, order_id asc nulls last
        ) as previous_on_site_date,
        lag(order_date) over (
            partition by person_id
            order by order_date asc nulls last, order_id asc nulls last
        ) as previous_date
    from {{ ref('orders') }}
    where is_counted
)

select
    site,
    order_date as kpi_date,
    count(*) as order_count,
    count(case when is_guest then 1 end) as guest_order_count,
    count(case when sales_channel = 'online' then 1 end) as online_order_count,
    count(case when is_new_customer then 1 end) as new_customer_count,
    {{ counted_once('customer', 'order_date', 'previous_on_site_date', 'previous_date') }},
    -- Customers of the period before whose first order in this period it is.
    {% for prefix, previous in [('', 'previous_on_site_date'), ('shop_', 'previous_date')] -%}
        {% for grain in grains() -%}
            count(
                case
                    when
                        {{ period_start(previous, grain) }}
                        = {{ previous_start(period_start('order_date', grain), grain) }}
                        then 1
                end
            ) as {{ prefix }}retained_customer_count_{{ grain }},
        {% endfor -%}
    {% endfor -%}
    cast(sum(unit_quantity) as decimal(18, 4)) as unit_quantity,
    cast(
        sum(case when sales_channel = 'online' then gross_sales_amount - discount_amount else 0 end)
        as decimal(18, 4)
    ) as online_sales_amount,
    cast(sum(gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
    cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
    cast(sum(shipping_amount) as decimal(18, 4)) as shipping_amount,
    cast(sum(other_charges_amount) as decimal(18, 4)) as other_charges_amount,
    cast(sum(tax_amount) as decimal(18, 4)) as tax_amount,
    cast(sum(returned_amount) as decimal(18, 4)) as cohort_returned_amount,
    cast(sum(net_sales_amount) as decimal(18, 4)) as cohort_net_sales_amount
from looked_back
group by site, order_date
