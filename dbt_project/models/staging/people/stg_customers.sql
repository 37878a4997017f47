with source as (
    select * from {{ source('raw', 'customers') }}
)

select
    customer_id,
    email_hash,
    first_seen_at,
    birth_year,
    gender,
    country_code,
    postal_area,
    consent_marketing,
    consent_profiling,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by customer_id
        order by {{ best_row_first() }}
    ) = 1
