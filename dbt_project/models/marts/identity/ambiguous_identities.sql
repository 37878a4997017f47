-- Where it could not be told for sure who somebody was, and how much hangs on it.
with ambiguous as (
    select
        site,
        'visitor_of_many_customers' as ambiguity,
        visitor_id as identity,
        1 as session_count,
        0 as order_count
    from {{ ref('sessions') }}
    where has_many_customers
    union all
    select
        site,
        'email_of_many_customers' as ambiguity,
        email_hash as identity,
        0 as session_count,
        1 as order_count
    from {{ ref('int_orders_identified') }}
    where is_email_ambiguous
)

select
    sites.site,
    ambiguous.ambiguity,
    cast(count(distinct ambiguous.identity) as bigint) as identity_count,
    cast(sum(ambiguous.session_count) as bigint) as session_count,
    cast(sum(ambiguous.order_count) as bigint) as order_count
from ambiguous
inner join {{ ref('int_sites_timed') }} as sites on sites.site in (ambiguous.site, '(all)')
group by sites.site, ambiguous.ambiguity
