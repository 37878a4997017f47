-- Contacts with the shop's service that are due, with their order; costs are an order's only where it counts.
with dated as (
    select
        *,
        {{ local_day('contacted_at', "'" ~ var('time_zone') ~ "'") }} as contact_date,
        coalesce(currency_code, '{{ var('reporting_currency') }}') as cost_currency_code
    from {{ ref('stg_service_contacts') }}
)

select
    dated.contact_id,
    'customer:' || dated.customer_id as person_id,
    dated.customer_id,
    case when orders.is_counted then orders.order_id end as order_id,
    orders.order_id as found_order_id,
    dated.order_id as named_order_id,
    orders.order_date,
    dated.contacted_at,
    dated.contact_date,
    dated.channel,
    dated.topic,
    case when orders.is_counted then orders.order_date else dated.contact_date end as rate_date,
    dated.cost_currency_code as currency_code,
    dated.cost_amount
from dated
left join {{ ref('int_orders_identified') }} as orders on dated.order_id = orders.order_id
where dated.contact_date <= {{ as_of_date() }}
