-- Adjustments that are due, with the order that they name, where that order is there.
with dated as (
    select
        adjustments.*,
        {{ local_day('adjustments.adjusted_at', 'sites.time_zone') }} as adjustment_date
    from {{ ref('stg_adjustments') }} as adjustments
    inner join {{ source('raw', 'sites') }} as sites on adjustments.site = sites.site
)

select
    dated.adjustment_id,
    dated.order_id as named_order_id,
    orders.order_id,
    dated.customer_id,
    coalesce(orders.person_id, 'customer:' || dated.customer_id) as person_id,
    dated.site,
    dated.kind,
    dated.adjusted_at,
    dated.adjustment_date,
    orders.order_date,
    dated.currency_code,
    dated.amount,
    dated.tax_amount,
    dated.kind in ('discount', 'price_correction') as is_sales_correction,
    dated.kind in ('shop_cost', 'bad_debt') as is_cost,
    coalesce(orders.is_counted, true) as is_counted
from dated
left join {{ ref('int_orders_identified') }} as orders on dated.order_id = orders.order_id
where dated.adjustment_date <= {{ as_of_date() }}
