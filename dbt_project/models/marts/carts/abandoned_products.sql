{% set month_us = 30 * 86400000000 %}
{% set known_until = epoch_us(day_start(add_days(as_of_date(), 1), "'" ~ var('time_zone') ~ "'")) %}
with held as (
    select
        products.cart_id,
        products.product_id,
        products.end_quantity,
        products.end_amount,
        carts.site,
        summed.shopper_id,
        case when products.end_quantity > 0 then carts.state end as end_state,
        case
            when carts.state = 'abandoned' then summed.last_touched_us
            when carts.state = 'recovered' then summed.first_left_us
        end as left_us
    from {{ ref('int_cart_products_summed') }} as products
    inner join {{ ref('cart_facts') }} as carts on products.cart_id = carts.cart_id
    inner join {{ ref('int_carts_summed') }} as summed on products.cart_id = summed.cart_id
    where products.product_id is not null
),

-- In any counted order of the shop, of whatever site or sales channel.
bought_later as (
    select distinct
        held.cart_id,
        held.product_id
    from held
    inner join {{ ref('int_order_shoppers_found') }} as orders on held.shopper_id = orders.shopper_id
    inner join {{ ref('order_line_facts') }} as lines
        on orders.order_id = lines.order_id and held.product_id = lines.product_id
    where orders.is_counted and orders.ordered_us between held.left_us and held.left_us + {{ month_us }}
),

judged as (
    select
        held.*,
        coalesce(
            held.end_state in ('abandoned', 'recovered')
            and held.left_us + {{ month_us }} <= {{ known_until }}, false
        ) as is_judged,
        bought.cart_id is not null as is_bought_later
    from held
    left join bought_later as bought
        on held.cart_id = bought.cart_id and held.product_id = bought.product_id
),

summed as (
    select
        sites.site,
        judged.product_id,
        count(*) as cart_count,
        count(case when judged.end_state = 'ordered' then 1 end) as ordered_cart_count,
        count(case when judged.end_state = 'recovered' then 1 end) as recovered_cart_count,
        count(case when judged.end_state = 'abandoned' then 1 end) as abandoned_cart_count,
        sum(case when judged.end_state = 'abandoned' then judged.end_quantity end) as abandoned_quantity,
        sum(case when judged.end_state = 'abandoned' then judged.end_amount end) as abandoned_amount,
        count(case when judged.is_judged then 1 end) as judged_cart_count,
        count(case when judged.is_judged and judged.is_bought_later then 1 end) as bought_later_cart_count
    from judged
    inner join {{ ref('int_sites_timed') }} as sites on sites.site in (judged.site, '(all)')
    group by sites.site, judged.product_id
)

select
    summed.site,
    summed.product_id,
    products.name as product_name,
    products.category,
    summed.cart_count,
    summed.ordered_cart_count,
    summed.recovered_cart_count,
    summed.abandoned_cart_count,
    cast(coalesce(summed.abandoned_quantity, 0) as decimal(18, 4)) as abandoned_quantity,
    cast(coalesce(summed.abandoned_amount, 0) as decimal(18, 4)) as abandoned_amount,
    summed.judged_cart_count,
    {{ if_told('summed.bought_later_cart_count', ['has_orders']) }} as bought_later_cart_count,
    {{ ratio(
        'summed.abandoned_cart_count',
        'summed.ordered_cart_count + summed.recovered_cart_count + summed.abandoned_cart_count'
    ) }} as abandoned_ratio,
    {{ if_told(ratio('summed.bought_later_cart_count', 'summed.judged_cart_count'), ['has_orders']) }}
        as bought_later_ratio
from summed
inner join {{ ref('int_sites_told') }} as told on told.site = '(all)'
left join {{ ref('stg_products') }} as products on summed.product_id = products.product_id
