{% set zero = number('0') %}
with carts as (
    select
        sites.site,
        carts.opened_date as cart_date,
        count(*) as cart_count,
        count(case when carts.state = 'ordered' then 1 end) as ordered_cart_count,
        count(case when carts.state = 'recovered' then 1 end) as recovered_cart_count,
        count(case when carts.state = 'abandoned' then 1 end) as abandoned_cart_count,
        count(case when carts.state = 'emptied' then 1 end) as emptied_cart_count,
        count(case when carts.state = 'open' then 1 end) as open_cart_count,
        count(
            case when carts.stage <> 'cart' and carts.state not in ('emptied', 'open') then 1 end
        ) as checkout_cart_count,
        count(case when carts.stage <> 'cart' and carts.state = 'abandoned' then 1 end)
            as abandoned_checkout_cart_count,
        sum(case when carts.state = 'abandoned' then carts.end_amount end) as abandoned_amount,
        sum(case when carts.state = 'recovered' then carts.end_amount end) as recovered_amount,
        count(case when not carts.is_value_complete then 1 end) as unvalued_cart_count
    from {{ ref('cart_facts') }} as carts
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (carts.site, '(all)')
    group by sites.site, carts.opened_date
),

ended_carts as (
    select order_id from {{ ref('cart_facts') }}
    where order_id is not null
),

-- Tracking lost them: online orders that ended no cart, where visits are told of.
cartless as (
    select
        sites.site,
        orders.order_date as cart_date,
        count(*) as order_without_cart_count
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_sites_told') }} as told on orders.site = told.site and told.has_visits
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (orders.site, '(all)')
    where
        {{ is_online_order() }}
        and not {{ is_listed('orders.person_customer_id', var('internal_customers')) }}
        and orders.order_id not in (select order_id from ended_carts)
    group by sites.site, orders.order_date
)

select
    sites.site,
    days.calendar_date as cart_date,
    {{ if_told('cast(coalesce(carts.cart_count, 0) as bigint)', ['has_visits']) }} as cart_count,
    {{ if_told('cast(coalesce(carts.ordered_cart_count, 0) as bigint)', ['has_visits']) }}
        as ordered_cart_count,
    {{ if_told('cast(coalesce(carts.recovered_cart_count, 0) as bigint)', ['has_visits']) }}
        as recovered_cart_count,
    {{ if_told('cast(coalesce(carts.abandoned_cart_count, 0) as bigint)', ['has_visits']) }}
        as abandoned_cart_count,
    {{ if_told('cast(coalesce(carts.emptied_cart_count, 0) as bigint)', ['has_visits']) }}
        as emptied_cart_count,
    {{ if_told('cast(coalesce(carts.open_cart_count, 0) as bigint)', ['has_visits']) }} as open_cart_count,
    {{ if_told('cast(coalesce(carts.checkout_cart_count, 0) as bigint)', ['has_visits']) }}
        as checkout_cart_count,
    {{ if_told('cast(coalesce(carts.abandoned_checkout_cart_count, 0) as bigint)', ['has_visits']) }}
        as abandoned_checkout_cart_count,
    {{ if_told('cast(coalesce(carts.unvalued_cart_count, 0) as bigint)', ['has_visits']) }}
        as unvalued_cart_count,
    cast(
        {{ if_told('coalesce(cartless.order_without_cart_count, 0)', ['has_orders', 'has_visits']) }}
        as bigint
    ) as order_without_cart_count,
    {{ if_told('cast(coalesce(carts.abandoned_amount, ' ~ zero ~ ') as decimal(18, 4))', ['has_visits']) }}
        as abandoned_amount,
    {{ if_told('cast(coalesce(carts.recovered_amount, ' ~ zero ~ ') as decimal(18, 4))', ['has_visits']) }}
        as recovered_amount,
    {{ ratio(
        'carts.abandoned_cart_count',
        'carts.ordered_cart_count + carts.recovered_cart_count + carts.abandoned_cart_count'
    ) }} as cart_abandonment_ratio,
    {{ ratio('carts.abandoned_checkout_cart_count', 'carts.checkout_cart_count') }}
        as checkout_abandonment_ratio
from {{ ref('int_days_listed') }} as days
cross join {{ ref('int_sites_timed') }} as sites
inner join {{ ref('int_sites_told') }} as told on sites.site = told.site
left join carts on sites.site = carts.site and days.calendar_date = carts.cart_date
left join cartless on sites.site = cartless.site and days.calendar_date = cartless.cart_date
