-- Customers whom the shop knew by the end of the as-of day, on the shop's own clock.
with dated as (
    select
        *,
        {{ local_day('first_seen_at', "'" ~ var('time_zone') ~ "'") }} as first_seen_date
    from {{ ref('stg_customers') }}
)

select * from dated
where first_seen_date <= {{ as_of_date() }}
