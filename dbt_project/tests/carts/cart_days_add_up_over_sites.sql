with sites as (
    select
        cart_date,
        sum(cart_count) as cart_count,
        sum(abandoned_cart_count) as abandoned_cart_count,
        sum(order_without_cart_count) as order_without_cart_count,
        sum(abandoned_amount) as abandoned_amount,
        sum(recovered_amount) as recovered_amount
    from {{ ref('daily_cart_abandonment') }}
    where site <> '(all)'
    group by cart_date
)

select days.cart_date
from {{ ref('daily_cart_abandonment') }} as days
left join sites on days.cart_date = sites.cart_date
where
    days.site = '(all)'
    and (
        sites.cart_date is null
        or days.cart_count <> sites.cart_count
        or days.abandoned_cart_count <> sites.abandoned_cart_count
        or days.order_without_cart_count <> sites.order_without_cart_count
        or days.abandoned_amount <> sites.abandoned_amount
        or days.recovered_amount <> sites.recovered_amount
    )
