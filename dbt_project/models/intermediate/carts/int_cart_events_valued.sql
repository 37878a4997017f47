-- Events of carts with the value of what the cart holds after each, in the reporting currency at the
-- rate of the day it opened. What has no price, or no rate, counts as nothing and is marked.
with rated as (
    select
        priced.*,
        case
            when priced.price_currency_code = '{{ var('reporting_currency') }}' then {{ number('1') }}
            else rates.rate
        end as rate
    from {{ ref('int_cart_events_priced') }} as priced
    left join {{ ref('int_exchange_rates_filled') }} as rates
        on
            priced.opened_date = rates.calendar_date
            and priced.price_currency_code = rates.from_currency
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
        coalesce({{ at_rate('priced_amount', 'rate') }}, 0) as product_amount
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
    cart_id,
    entry_number,
    is_last,
    site,
    shopper_id,
    customer_id,
    visitor_id,
    session_id,
    event_type,
    event_at,
    event_us,
    opened_date,
    silence_us,
    device_category,
    order_id,
    product_id,
    product_quantity,
    product_amount,
    cart_quantity,
    is_valued,
    cast(sum(change_amount) over (
        partition by cart_id
        order by entry_number asc nulls last
        rows between unbounded preceding and current row
    ) as decimal(18, 4)) as cart_amount
from changed
