-- The rate of a pair on every day: the latest on or before it, at most 7 days old. Other days are left out.
select
    days.calendar_date,
    rates.from_currency,
    rates.to_currency,
    rates.rate,
    rates.rate_date,
    {{ day_diff('rates.rate_date', 'days.calendar_date') }} as rate_age_days
from {{ ref('int_days_listed') }} as days
inner join {{ ref('stg_exchange_rates') }} as rates
    on rates.rate_date between {{ add_days('days.calendar_date', -7) }} and days.calendar_date
qualify
    row_number() over (
        partition by days.calendar_date, rates.from_currency, rates.to_currency
        order by rates.rate_date desc nulls last
    ) = 1
