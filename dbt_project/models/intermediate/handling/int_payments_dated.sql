-- Payments that are due, on the clock of their order's site, with that order where it is there.
with dated as (
    select
        payments.*,
        {{ local_day('payments.paid_at', order_clock('clocks')) }} as payment_date
    from {{ ref('stg_payments') }} as payments
    left join {{ ref('int_order_clocks_found') }} as clocks on payments.order_id = clocks.order_id
)

select
    dated.payment_id,
    dated.order_id as named_order_id,
    orders.order_id,
    orders.person_id,
    orders.site,
    dated.method,
    dated.paid_at,
    dated.payment_date,
    orders.order_date,
    dated.currency_code,
    dated.amount,
    coalesce(orders.is_counted, false) as is_counted
from dated
left join {{ ref('int_orders_identified') }} as orders on dated.order_id = orders.order_id
where dated.payment_date <= {{ as_of_date() }}
