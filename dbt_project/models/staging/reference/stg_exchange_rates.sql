with source as (
    select * from {{ source('raw', 'exchange_rates') }}
)

select
    rate_date,
    from_currency,
    to_currency,
    rate,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by rate_date, from_currency, to_currency
        order by {{ best_row_first() }}
    ) = 1
