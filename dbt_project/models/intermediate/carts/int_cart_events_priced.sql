{{ config(materialized=view_on_duckdb()) }}
-- Events of carts with the price of their product. A product counts at the price of its latest add: what
-- that event says of its whole quantity, else the list price. Every event after an add has that add's price,
-- until the next add.
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
)

select
    *,
    max(told_amount) over latest_add as price_amount,
    max(told_quantity) over latest_add as price_quantity,
    max(case when is_add = 1 then told_currency_code end) over latest_add as price_currency_code
from told
window latest_add as (partition by cart_id, product_id, add_number)
