-- Local days that lack a part of an expected delivery. It tells of a day on the shop's clock: on a site that
-- lives by another clock that is the end of one day and the beginning of the next.
with deliveries as (
    select distinct
        feed,
        {{ day_start('delivery_date', "'" ~ var('time_zone') ~ "'") }} as began_at,
        {{ day_start(add_days('delivery_date', 1), "'" ~ var('time_zone') ~ "'") }} as ended_at
    from {{ source('raw', 'missing_deliveries') }}
),

days as (
    select
        sites.site,
        listed.calendar_date,
        {{ day_start('listed.calendar_date', 'sites.time_zone') }} as began_at,
        {{ day_start(add_days('listed.calendar_date', 1), 'sites.time_zone') }} as ended_at
    from {{ ref('int_days_listed') }} as listed
    cross join {{ source('raw', 'sites') }} as sites
),

lacking as (
    select
        deliveries.feed,
        days.site,
        days.calendar_date as missing_date
    from deliveries
    inner join days on deliveries.began_at < days.ended_at and deliveries.ended_at > days.began_at
)

select
    feed,
    site,
    missing_date
from lacking
union
select
    feed,
    '(all)',
    missing_date
from lacking
