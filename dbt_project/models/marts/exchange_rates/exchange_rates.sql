select
    calendar_date as rate_date,
    from_currency as from_currency_code,
    to_currency as to_currency_code,
    rate_date as quoted_date,
    rate_age_days,
    rate as exchange_rate
from {{ ref('int_exchange_rates_spread') }}
