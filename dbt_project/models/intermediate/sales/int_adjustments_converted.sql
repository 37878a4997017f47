-- Adjustments in the reporting currency, at the rate of their order's day where there is an order (0 where it
-- does not count).
with rated as (
    select
        adjustments.*,
        rates.rate as exchange_rate,
        case when adjustments.is_counted then rates.rate else 0 end as sales_rate
    from {{ ref('int_adjustments_dated') }} as adjustments
    inner join {{ ref('int_rates_found') }} as rates
        on
            coalesce(adjustments.order_date, adjustments.adjustment_date) = rates.rate_date
            and adjustments.currency_code = rates.currency_code
)

select
    *,
    {{ at_rate('amount', 'sales_rate') }} as converted_amount,
    coalesce({{ at_rate('tax_amount', 'sales_rate') }}, {{ number('0') }}) as converted_tax_amount
from rated
