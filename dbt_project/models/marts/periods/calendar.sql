with days as (
    select
        calendar_date,
        {{ iso_weekday('calendar_date') }} as iso_weekday,
        {{ week_start('calendar_date') }} as week_start_date
    from {{ ref('int_days_listed') }}
)

select
    calendar_date,
    week_start_date,
    {{ month_start('calendar_date') }} as month_start_date,
    {{ previous_start('calendar_date', 'day') }} as previous_date,
    {{ year_before_start('calendar_date', 'day') }} as year_before_date,
    cast(extract(year from calendar_date) as bigint) as year_number,
    cast(extract(quarter from calendar_date) as bigint) as quarter_number,
    cast(extract(month from calendar_date) as bigint) as month_number,
    cast(extract(day from calendar_date) as bigint) as day_of_month,
    {{ iso_year('week_start_date') }} as iso_year,
    {{ iso_week('week_start_date') }} as iso_week,
    cast(iso_weekday as bigint) as iso_weekday,
    case iso_weekday
        when 1 then 'Monday' when 2 then 'Tuesday' when 3 then 'Wednesday' when 4 then 'Thursday'
        when 5 then 'Friday' when 6 then 'Saturday' else 'Sunday'
    end as weekday_name,
    iso_weekday >= 6 as is_weekend
from days
