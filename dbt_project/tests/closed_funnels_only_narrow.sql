with stepped as (
    select
        *,
        lag(unit_count) over (
            partition by session_date, site, channel, device_category, visitor_kind, mode, unit
            order by step_number asc nulls last
        ) as previous_unit_count
    from {{ ref('daily_funnel') }}
)

select *
from stepped
where (mode = 'closed' and unit_count > previous_unit_count) or to_first_ratio > 1
