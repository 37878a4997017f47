-- Payments in the reporting currency, at the rate of their order's day; without an order at that of their own
-- day, where one is known. Of orders that do not count too: it is money, no sale.
{% set reporting = "'" ~ var('reporting_currency') ~ "'" %}
with rated as (
    select
        payments.*,
        {{ reporting }} as reporting_currency_code,
        case
            when payments.currency_code = {{ reporting }} then {{ rate_number('1') }}
            else coalesce(rates.rate, own_rates.rate)
        end as rate
    from {{ ref('int_payments_dated') }} as payments
    left join {{ ref('int_rates_found') }} as rates
        on payments.order_date = rates.rate_date and payments.currency_code = rates.currency_code
    left join {{ ref('int_exchange_rates_filled') }} as own_rates
        on
            payments.order_id is null
            and payments.payment_date = own_rates.calendar_date
            and payments.currency_code = own_rates.from_currency
            and own_rates.to_currency = {{ reporting }}
)

select
    *,
    {{ at_rate('amount', 'rate') }} as converted_amount
from rated
