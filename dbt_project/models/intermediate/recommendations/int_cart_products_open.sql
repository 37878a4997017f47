-- What lies in the newest cart that a person left or still fills.
with carts as (
    select
        cart_id,
        'customer:' || customer_id as person_id,
        last_touched_at
    from {{ ref('carts') }}
    where
        customer_id is not null and state in ('open', 'abandoned')
        and {{ local_day('last_touched_at', "'" ~ var('time_zone') ~ "'") }}
        > {{ add_days(as_of_date(), '-' ~ var('cart_end_days')) }}
    qualify
        row_number() over (
            partition by customer_id order by last_touched_at desc nulls last, cart_id asc nulls last
        ) = 1
)

select
    carts.person_id,
    products.product_id,
    carts.cart_id,
    carts.last_touched_at
from carts
inner join {{ ref('int_cart_products_summed') }} as products on carts.cart_id = products.cart_id
where products.end_quantity > {{ number('0') }}
