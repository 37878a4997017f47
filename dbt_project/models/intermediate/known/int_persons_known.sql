-- Who could be known again at a day of the past: what was known of them then, and whether they may be looked
-- at.
{% set ever, default = day('0001-01-01'), var('consent_when_unknown') %}
with agreeing as (
    select
        customer_id,
        coalesce(consent_profiling, {{ default }}) as has_consent
    from {{ ref('int_customers_dated') }}
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
    -- Before anything was told of them, or where nothing ever was.
    select
        persons.customer_id,
        null,
        null,
        {{ ever }},
        min(versions.known_from_date)
    from {{ ref('int_persons_listed') }} as persons
    left join {{ ref('int_customer_versions_dated') }} as versions
        on persons.customer_id = versions.customer_id
    where persons.customer_id is not null
    group by persons.customer_id
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
