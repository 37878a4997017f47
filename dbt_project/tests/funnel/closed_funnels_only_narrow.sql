-- Steps that nobody did are left out to keep it quick: then the steps that somebody did follow each other.
with reached as (
    select
        *,
        lag(unit_count) over funnel as previous_unit_count,
        coalesce(lag(step_number) over funnel, 0) as previous_step_number
    from {{ ref('daily_funnel') }}
    where mode = 'closed' and unit_count > 0
    window
        funnel as (
            partition by session_date, site, channel, device_category, visitor_kind, unit
            order by step_number asc nulls last
        )
)

select
    session_date,
    site,
    step
from reached
where unit_count > previous_unit_count or step_number <> previous_step_number + 1
union all
select
    session_date,
    site,
    step
from {{ ref('daily_funnel') }}
where to_first_ratio > 1
