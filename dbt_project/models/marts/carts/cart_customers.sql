select
    carts.cart_id,
    carts.opened_date,
    carts.shopper_id,
    carts.customer_id
from {{ ref('int_carts_summed') }} as carts
left join {{ ref('visitor_customers') }} as visitors on carts.visitor_id = visitors.visitor_id
where
    carts.customer_id is distinct from visitors.customer_id
    or carts.shopper_id <> coalesce('customer:' || visitors.customer_id, 'visitor:' || carts.visitor_id)
