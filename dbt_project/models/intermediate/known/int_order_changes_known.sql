-- Order days as they were known at any day of the past: who was known to have an order that counted, since
-- when and until when, and what its sale, returns and sales corrections added once they were known.
with first_returns as (
    {{ first_deliveries(ref('stg_return_versions')) }}
),

returned as (
    select
        versions.return_id,
        returns.line_number,
        min({{ known_from('versions', 'firsts', 'returns.return_date') }}) as known_from_date
    from {{ ref('stg_return_versions') }} as versions
    inner join first_returns as firsts on versions.delivery_source = firsts.delivery_source
    inner join {{ ref('int_returns_dated') }} as returns on versions.return_id = returns.return_id
    group by versions.return_id, returns.line_number
),

first_adjustments as (
    {{ first_deliveries(ref('stg_adjustment_versions')) }}
),

adjusted as (
    select
        versions.adjustment_id,
        min({{ known_from('versions', 'firsts', 'adjustments.adjustment_date') }}) as known_from_date
    from {{ ref('stg_adjustment_versions') }} as versions
    inner join first_adjustments as firsts on versions.delivery_source = firsts.delivery_source
    inner join {{ ref('int_adjustments_dated') }} as adjustments
        on versions.adjustment_id = adjustments.adjustment_id
    group by versions.adjustment_id
),

changes as (
    -- An order that counts no longer was sold for what its lines still say, and what came back as told.
    select
        order_id,
        order_date as change_date,
        order_date as known_from_date,
        case
            when is_counted then cast(gross_sales_amount - converted_discount_amount as decimal(18, 4))
            else {{ at_rate('delivered_gross_sales_amount - delivered_discount_amount', 'exchange_rate') }}
        end as net_sales_amount
    from {{ ref('int_orders_converted') }}
    union all
    select
        returns.order_id,
        returns.return_date,
        returned.known_from_date,
        case
            when returns.is_counted then -returns.returned_amount
            else -{{ at_rate('returns.delivered_refund_amount', 'returns.exchange_rate') }}
        end
    from {{ ref('int_returns_converted') }} as returns
    inner join returned
        on returns.return_id = returned.return_id and returns.line_number = returned.line_number
    where returns.order_id is not null
    union all
    select
        adjustments.order_id,
        adjustments.adjustment_date,
        adjusted.known_from_date,
        -{{ at_rate('adjustments.amount', 'adjustments.exchange_rate') }}
    from {{ ref('int_adjustments_converted') }} as adjustments
    inner join adjusted on adjustments.adjustment_id = adjusted.adjustment_id
    where adjustments.order_id is not null and adjustments.is_sales_correction
),

stood as (
    select
        owners.site,
        owners.person_id,
        owners.order_date,
        greatest(
            changes.change_date,
            case when owners.is_first then owners.order_date else owners.known_from_date end
        ) as happened_date,
        greatest(changes.known_from_date, owners.known_from_date) as known_from_date,
        owners.known_until_date,
        changes.net_sales_amount
    from {{ ref('int_order_owners_dated') }} as owners
    inner join changes on owners.order_id = changes.order_id
)

select
    site,
    person_id,
    order_date,
    happened_date,
    known_from_date,
    known_until_date,
    cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
from stood
where coalesce(happened_date < known_until_date, true)
group by site, person_id, order_date, happened_date, known_from_date, known_until_date
