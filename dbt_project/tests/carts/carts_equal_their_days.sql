with carts as (
    select
        site,
        opened_date as cart_date,
        count(*) as cart_count,
        count(case when state = 'abandoned' then 1 end) as abandoned_cart_count,
        sum(case when state = 'abandoned' then end_amount else 0 end) as abandoned_amount,
        sum(case when state = 'recovered' then end_amount else 0 end) as recovered_amount
    from {{ ref('cart_facts') }}
    group by site, opened_date
)

select
    days.site,
    days.cart_date,
    carts.cart_count as expected_cart_count
from {{ ref('daily_cart_abandonment') }} as days
full outer join carts on days.site = carts.site and days.cart_date = carts.cart_date
where
    days.site is distinct from '(all)'
    and (
        days.site is null
        or days.cart_count <> coalesce(carts.cart_count, 0)
        or days.abandoned_cart_count <> coalesce(carts.abandoned_cart_count, 0)
        or days.abandoned_amount <> coalesce(carts.abandoned_amount, 0)
        or days.recovered_amount <> coalesce(carts.recovered_amount, 0)
        or days.cart_count <> days.ordered_cart_count + days.recovered_cart_count
        + days.abandoned_cart_count + days.emptied_cart_count + days.open_cart_count
    )
