-- Days and currencies that amounts are converted on: the order's day where there is one, else the own day.
with lines as (
    select
        orders.order_date,
        lines.currency_code,
        case when lines.unit_cost_amount is null then products.currency_code end as product_currency_code
    from {{ ref('stg_order_lines') }} as lines
    inner join {{ ref('int_orders_identified') }} as orders on lines.order_id = orders.order_id
    left join {{ ref('stg_products') }} as products
        on lines.product_id = products.product_id and products.unit_cost_amount is not null
),

returned as (
    select
        coalesce(orders.order_date, returns.return_date) as rate_date,
        returns.currency_code
    from {{ ref('int_returns_split') }} as parts
    inner join {{ ref('int_returns_dated') }} as returns
        on parts.return_id = returns.return_id and parts.line_number = returns.line_number
    left join {{ ref('int_orders_identified') }} as orders on parts.order_id = orders.order_id
),

needed as (
    select
        order_date as rate_date,
        currency_code
    from {{ ref('int_orders_identified') }}
    union
    select
        order_date,
        currency_code
    from lines
    union
    select
        order_date,
        product_currency_code
    from lines
    union
    select
        rate_date,
        currency_code
    from returned
    union
    select
        coalesce(order_date, adjustment_date),
        currency_code
    from {{ ref('int_adjustments_dated') }}
    union
    select
        order_date,
        currency_code
    from {{ ref('int_payments_dated') }}
    where order_id is not null
    union
    select
        rate_date,
        currency_code
    from {{ ref('int_service_contacts_dated') }}
    where cost_amount is not null
    union
    select
        spend_date,
        currency_code
    from {{ ref('int_ad_spend_dated') }}
)

select
    rate_date,
    currency_code
from needed
where currency_code is not null
