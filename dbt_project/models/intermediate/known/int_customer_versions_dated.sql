-- What was known of each customer when: a version stands from the day it was known until a better one was.
with firsts as (
    {{ first_deliveries(source('raw', 'customers')) }}
),

delivered as (
    select
        source.customer_id,
        source.email_hash,
        source.consent_profiling,
        {{ local_day('source.first_seen_at', "'" ~ var('time_zone') ~ "'") }} as first_seen_date,
        {{ known_from('source', 'firsts', local_day('source.first_seen_at', "'" ~ var('time_zone') ~ "'")) }}
            as known_from_date,
        row_number() over (
            partition by source.customer_id
            order by {{ best_row_first('source') }}
        ) as version_rank
    from {{ source('raw', 'customers') }} as source
    inner join firsts on source.delivery_source = firsts.delivery_source
),

followed as (
    select
        *,
        {{ known_until('customer_id', 'version_rank asc nulls last') }} as known_until_date
    from delivered
    where customer_id in (select customer_id from {{ ref('int_customers_dated') }})
)

select
    customer_id,
    email_hash,
    consent_profiling,
    first_seen_date,
    known_from_date,
    known_until_date
from followed
where coalesce(known_from_date < known_until_date, true)
