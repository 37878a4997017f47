-- Whose the e-mail hash of a guest's order was taken to be, and when: nobody's until a customer or an order
-- told, then the lowest customer who was known to have it. Who has it no longer counts as never known.
with told as (
    select
        email_hash,
        customer_id,
        known_from_date,
        known_until_date
    from {{ ref('int_customer_versions_dated') }}
    union all
    select
        email_hash,
        customer_id,
        known_from_date,
        known_until_date
    from {{ ref('int_order_versions_dated') }}
    where customer_id is not null
),

guests as (
    select
        email_hash,
        min(known_from_date) as known_from_date
    from {{ ref('int_order_versions_dated') }}
    where customer_id is null and email_hash is not null
    group by email_hash
),

known as (
    select
        told.email_hash,
        told.customer_id,
        min(told.known_from_date) as known_from_date
    from told
    inner join guests on told.email_hash = guests.email_hash
    group by told.email_hash, told.customer_id
    having max(case when told.known_until_date is null then 1 else 0 end) = 1
    union all
    select
        email_hash,
        null,
        known_from_date
    from guests
),

resolved as (
    select
        email_hash,
        known_from_date,
        min(min(customer_id)) over (
            partition by email_hash order by known_from_date asc nulls last
        ) as customer_id
    from known
    group by email_hash, known_from_date
)

select
    email_hash,
    customer_id,
    coalesce('customer:' || customer_id, 'email:' || email_hash) as person_id,
    known_from_date,
    lead(known_from_date) over (
        partition by email_hash order by known_from_date asc nulls last
    ) as known_until_date
from resolved
