-- Events of carts with the value of what the cart holds after each, in the reporting currency at the
-- rate of the day it opened. A product counts at the price of its latest add: what that event says of
-- its whole quantity, else the list price. What has no price, or no rate, counts as nothing and is
-- marked.
with priced as (
    select
        events.*,
        case when events.event_type = 'add_to_cart' and events.step > 0 then 1 else 0 end as is_add,
        coalesce(events.value_amount >= 0, false) as has_own_price,
        products.list_price_amount,
        coalesce(products.currency_code, '{{ var('reporting_currency') }}') as list_currency_code,
        sites.currency_code as site_currency_code
    from {{ ref('int_cart_events_stacked') }} as events
    inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
    left join {{ ref('stg_products') }} as products
        on events.event_type = 'add_to_cart' and events.product_id = products.product_id
),

told as (
    select
        *,
        sum(is_add) over (
            partition by cart_id, product_id
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        ) as add_number,
        case when is_add = 1 then case when has_own_price then value_amount else list_price_amount end end
            as told_amount,
        case when is_add = 1 then case when has_own_price then step else {{ number('1') }} end end
            as told_quantity,
        case when has_own_price then coalesce(currency_code, site_currency_code) else list_currency_code end
            as told_currency_code
    from priced
),

-- Every event after an add has that add's price, until the next add.
named as (
    select
        *,
        max(told_amount) over latest_add as price_amount,
        max(told_quantity) over latest_add as price_quantity,
        max(case when is_add = 1 then told_currency_code end) over latest_add as price_currency_code
    from told
    window latest_add as (partition by cart_id, product_id, add_number)
),

rated as (
    select
        named.*,
        case
            when named.price_currency_code = '{{ var('reporting_currency') }}' then {{ number('1') }}
            else rates.rate
        end as rate
    from named
    left join {{ ref('int_exchange_rates_spread') }} as rates
        on
            named.opened_date = rates.calendar_date
            and named.price_currency_code = rates.from_currency
            and rates.to_currency = '{{ var('reporting_currency') }}'
),

valued as (
    select
        *,
        product_quantity = 0 or (price_amount is not null and rate is not null) as is_valued,
        {{ money_quotient(product('product_quantity', 'price_amount'), 'price_quantity') }} as priced_amount
    from rated
),

converted as (
    select
        *,
        coalesce({{ money_product('priced_amount', 'rate') }}, 0) as product_amount
    from valued
),

changed as (
    select
        *,
        product_amount - coalesce(lag(product_amount) over (
            partition by cart_id, product_id
            order by entry_number asc nulls last
        ), 0) as change_amount
    from converted
)

select
    {% for name in [
        'cart_id', 'entry_number', 'is_last', 'site', 'shopper_id', 'customer_id', 'visitor_id', 'session_id',
        'event_type', 'event_at', 'event_us', 'opened_date', 'silence_us', 'device_category', 'order_id', 'product_id',
        'product_quantity', 'product_amount', 'cart_quantity', 'is_valued'
    ] -%}
        {{ name }},
    {% endfor -%}
    cast(sum(change_amount) over (
        partition by cart_id
        order by entry_number asc nulls last
        rows between unbounded preceding and current row
    ) as decimal(18, 4)) as cart_amount
from changed
