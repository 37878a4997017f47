-- The sites and '(all)', each with the history's first day, and its last local day that was over when the
-- shop's as-of day ended.
with timed as (
    select
        sites.site,
        history.first_date,
        {{ add_days(
            local_day(
                day_start(add_days('history.as_of_date', 1), "'" ~ var('time_zone') ~ "'"), 'sites.time_zone'
            ), -1
        ) }} as last_complete_date
    from {{ source('raw', 'sites') }} as sites
    cross join {{ ref('int_history_bounded') }} as history
)

select
    site,
    first_date,
    last_complete_date
from timed
union all
select
    '(all)',
    min(first_date),
    min(last_complete_date)
from timed
