-- Of the last 100 days the first forecast of each week, before that for two years the first of each month:
-- forecasts of neighbouring days say nearly the same, and all of them would be a row per person and night.
with nights as (
    select
        told.as_of_date,
        history.as_of_date as last_date,
        told.as_of_date < {{ add_days('history.as_of_date', -100) }} as is_old
    from (select distinct as_of_date from {{ source('predictions', 'customer_predictions_history') }}) as told
    cross join {{ ref('int_history_bounded') }} as history
    where told.as_of_date >= {{ add_days('history.as_of_date', -730) }}
),

firsts as (
    select
        last_date,
        min(as_of_date) as as_of_date
    from nights
    group by
        last_date,
        is_old,
        case when is_old then {{ month_start('as_of_date') }} else {{ week_start('as_of_date') }} end
)

-- Visits and returns that are missing say nothing of whether somebody ordered.
select
    firsts.as_of_date,
    coalesce({{ add_days('min(missing.missing_date)', -1) }}, firsts.last_date) as known_date
from firsts
left join {{ ref('int_missing_days_listed') }} as missing
    on
        firsts.as_of_date < missing.missing_date
        and missing.site = '(all)'
        and {{ holds_orders('missing.feed') }}
group by firsts.as_of_date, firsts.last_date
