-- When regular buyers (4 order days or more) buy: the weekday and hour most used, ties to the lowest, and how
-- many of the times between their order days are near the usual one.
with regulars as (
    select
        inputs.person_id,
        inputs.median_interval_days
    from {{ ref('int_customer_inputs') }} as inputs
    where inputs.frequency >= 3 and inputs.has_consent
),

told as (
    select
        regulars.person_id,
        'weekday' as habit,
        {{ iso_weekday('days.order_date') }} as told_value
    from {{ ref('int_order_days_summed') }} as days
    inner join regulars on days.person_id = regulars.person_id
    union all
    select
        regulars.person_id,
        'hour' as habit,
        {{ local_hour('orders.ordered_at', 'sites.time_zone') }} as told_value
    from {{ ref('int_orders_valued') }} as orders
    inner join regulars on orders.person_id = regulars.person_id
    inner join {{ source('raw', 'sites') }} as sites on orders.site = sites.site
    where orders.is_counted
),

counted as (
    select
        person_id,
        habit,
        told_value,
        count(*) as told_count,
        sum(count(*)) over (partition by person_id, habit) as all_count
    from told
    group by person_id, habit, told_value
),

usual as (
    select * from counted
    qualify row_number() over (
        partition by person_id, habit
        order by told_count desc nulls last, told_value asc nulls last
    ) = 1
),

-- Near: a quarter of the usual interval off, or a day. Both sides times four: whole numbers and halves.
kept as (
    select
        regulars.person_id,
        regulars.median_interval_days,
        count(
            case
                when
                    4 * abs(days.interval_days - regulars.median_interval_days)
                    <= greatest(regulars.median_interval_days, 4) then 1
            end
        ) as near_count,
        count(days.interval_days) as interval_count
    from {{ ref('int_order_days_summed') }} as days
    inner join regulars on days.person_id = regulars.person_id
    group by regulars.person_id, regulars.median_interval_days
)

select
    kept.person_id,
    cast(weekdays.told_value as bigint) as usual_weekday,
    {{ ratio('weekdays.told_count', 'weekdays.all_count') }} as usual_weekday_ratio,
    cast(hours.told_value as bigint) as usual_hour,
    {{ ratio('hours.told_count', 'hours.all_count') }} as usual_hour_ratio,
    kept.median_interval_days as usual_interval_days,
    {{ ratio('kept.near_count', 'kept.interval_count') }} as usual_interval_ratio
from kept
left join usual as weekdays on kept.person_id = weekdays.person_id and weekdays.habit = 'weekday'
left join usual as hours on kept.person_id = hours.person_id and hours.habit = 'hour'
