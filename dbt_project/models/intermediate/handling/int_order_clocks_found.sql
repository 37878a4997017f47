-- The clock of every order, due or not: what names an order and no site is of a day on that order's clock.
select
    orders.order_id,
    sites.time_zone
from {{ ref('stg_orders') }} as orders
inner join {{ source('raw', 'sites') }} as sites on orders.site = sites.site
