with days as (
    select
        calendar_date,
        -- 1970-01-05 was a Monday.
        mod({{ day_diff(day('1970-01-05'), 'calendar_date') }}, 7) + 1 as iso_weekday
    from {{ ref('int_days_listed') }}
),

weeks as (
    select
        *,
        {{ add_days('calendar_date', '1 - iso_weekday') }} as week_start_date,
        -- The Thursday of a week decides which year the week belongs to.
        {{ add_days('calendar_date', '4 - iso_weekday') }} as thursday_date
    from days
)

select
    calendar_date,
    week_start_date,
    {{ add_days('calendar_date', '1 - extract(day from calendar_date)') }} as month_start_date,
    {{ add_days('calendar_date', -1) }} as previous_date,
    {{ add_days('calendar_date', -364) }} as year_before_date,
    cast(extract(year from calendar_date) as bigint) as year_number,
    cast(extract(quarter from calendar_date) as bigint) as quarter_number,
    cast(extract(month from calendar_date) as bigint) as month_number,
    cast(extract(day from calendar_date) as bigint) as day_of_month,
    cast(extract(year from thursday_date) as bigint) as iso_year,
    cast(floor((extract(doy from thursday_date) - 1) / 7) as bigint) + 1 as iso_week,
    cast(iso_weekday as bigint) as iso_weekday,
    case iso_weekday
        when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday'
        when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
    end as weekday_name,
    iso_weekday >= 6 as is_weekend
from weeks
