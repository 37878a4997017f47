-- Who could be known again at a day of the past: what was known of them then, and whether they may be looked
-- at.
{% set default = var('consent_when_unknown') %}
with agreeing as (
    select
        customer_id,
        coalesce(consent_profiling, {{ default }}) as has_consent
    from {{ ref('int_customers_dated') }}
),

told_first as (
    select
        customer_id,
        min(known_from_date) as known_from_date
    from {{ ref('int_customer_versions_dated') }}
    group by customer_id
),

customers as (
    select
        customer_id,
        consent_profiling,
        first_seen_date,
        known_from_date,
        known_until_date
    from {{ ref('int_customer_versions_dated') }}
    union all
    -- Who had ordered before anything was told of them, or where nothing ever was.
    select
        orders.customer_id,
        null,
        null,
        min(orders.known_from_date),
        told_first.known_from_date
    from {{ ref('int_order_owners_dated') }} as orders
    left join told_first on orders.customer_id = told_first.customer_id
    where
        orders.customer_id is not null
        and coalesce(orders.known_from_date < told_first.known_from_date, true)
    group by orders.customer_id, told_first.known_from_date
),

told as (
    select
        'customer:' || customer_id as person_id,
        'customer:' || customer_id as known_as_person_id,
        customer_id,
        consent_profiling,
        first_seen_date,
        known_from_date,
        known_until_date
    from customers
    union all
    select
        'email:' || email_hash,
        person_id,
        last_value(customer_id) over (
            partition by email_hash order by known_from_date asc nulls last
            rows between unbounded preceding and unbounded following
        ),
        null,
        null,
        known_from_date,
        known_until_date
    from {{ ref('int_guest_emails_dated') }}
)

select
    told.person_id,
    told.known_as_person_id,
    -- Agreed then, and still: who took it back is not looked at any more, whatever the day.
    coalesce(told.consent_profiling, {{ default }}) and coalesce(agreeing.has_consent, {{ default }})
        as has_consent,
    told.first_seen_date,
    cast({{ var('left_truncation_days') }} as bigint) as left_truncation_days,
    told.known_from_date,
    told.known_until_date
from told
left join agreeing on told.customer_id = agreeing.customer_id
