-- What the new customers of a day, an ISO week or a month are expected to bring, on a site and in the shop.
with new_customers as (
    {% for grain in grains() -%}
        select
            '{{ grain }}' as grain,
            orders.site,
            {{ period_start('orders.order_date', grain) }} as period_start_date,
            predictions.predicted_value_365d_amount
        from {{ ref('int_orders_identified') }} as orders
        inner join {{ source('predictions', 'customer_predictions') }} as predictions
            on orders.person_id = predictions.person_id
        where orders.is_new_customer
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
)

select
    grain,
    coalesce(site, '(all)') as site,
    period_start_date,
    count(predicted_value_365d_amount) as valued_new_customer_count,
    cast(sum(predicted_value_365d_amount) as decimal(18, 4)) as predicted_value_amount
from new_customers
group by grouping sets ((grain, site, period_start_date), (grain, period_start_date))
