-- Return lines that are due, with the order that they name, where that order is there.
with dated as (
    select
        returns.*,
        {{ local_day('returns.returned_at', 'sites.time_zone') }} as return_date
    from {{ ref('stg_returns') }} as returns
    inner join {{ source('raw', 'sites') }} as sites on returns.site = sites.site
)

select
    dated.return_id,
    dated.line_number,
    dated.order_id as named_order_id,
    orders.order_id as linked_order_id,
    dated.customer_id,
    coalesce(orders.person_id, 'customer:' || dated.customer_id) as person_id,
    dated.site,
    dated.product_id,
    dated.returned_at,
    dated.return_date,
    dated.quantity,
    dated.currency_code,
    dated.refund_amount,
    dated.tax_amount,
    dated.handling_cost_amount,
    dated.reason,
    dated.delivery_source,
    dated.delivery_date,
    -- A line that takes a return back (quantity below 0) has nothing to consume.
    dated.order_id is null and dated.customer_id is not null and dated.quantity > 0 as is_to_match
from dated
left join {{ ref('int_orders_identified') }} as orders on dated.order_id = orders.order_id
where dated.return_date <= {{ as_of_date() }}
