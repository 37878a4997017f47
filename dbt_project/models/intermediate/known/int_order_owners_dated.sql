-- When each order was known to count, and whose it was then taken to be. Versions that say the same are one
-- row.
with owned as (
    select
        versions.order_id,
        versions.site,
        versions.order_date,
        coalesce(versions.customer_id, emails.customer_id) as customer_id,
        coalesce('customer:' || versions.customer_id, emails.person_id) as person_id,
        greatest(versions.known_from_date, emails.known_from_date) as known_from_date,
        least(versions.known_until_date, emails.known_until_date) as known_until_date,
        versions.is_first and coalesce(emails.known_from_date <= versions.known_from_date, true) as is_first
    from {{ ref('int_order_versions_dated') }} as versions
    left join {{ ref('int_guest_emails_dated') }} as emails
        on
            versions.customer_id is null
            and versions.email_hash = emails.email_hash
            and coalesce(versions.known_from_date < emails.known_until_date, true)
            and coalesce(versions.known_until_date > emails.known_from_date, true)
    where versions.is_counted and coalesce(versions.customer_id, versions.email_hash) is not null
),

compared as (
    select
        *,
        coalesce(
            lag(person_id) over order_life = person_id
            and lag(known_until_date) over order_life = known_from_date,
            false
        ) as is_continued
    from owned
    window order_life as (partition by order_id order by known_from_date asc nulls last)
),

numbered as (
    select
        *,
        sum(case when is_continued then 0 else 1 end) over (
            partition by order_id order by known_from_date asc nulls last
            rows between unbounded preceding and current row
        ) as stretch_number
    from compared
)

select
    order_id,
    site,
    order_date,
    customer_id,
    person_id,
    min(known_from_date) as known_from_date,
    -- Null, which no version ends before, is the latest day.
    case when count(known_until_date) = count(*) then max(known_until_date) end as known_until_date,
    max(case when is_first then 1 else 0 end) = 1 as is_first
from numbered
group by order_id, site, order_date, customer_id, person_id, stretch_number
