-- The median time from a step to the next in every group: of the sorted times the one in the middle, or the
-- two there. A sort can spill to disk; a median by aggregation would hold all times in memory.
-- A time that is the same in both modes stands once.
with waits as (
    select
        group_number,
        is_session,
        is_visitor,
        step_number,
        open_wait_us as wait_us,
        open_wait_us,
        case when closed_wait_us = open_wait_us then closed_wait_us end as closed_wait_us
    from {{ ref('int_funnel_steps_timed') }}
    where open_wait_us is not null
    union all
    select
        group_number,
        is_session,
        is_visitor,
        step_number,
        closed_wait_us as wait_us,
        null as open_wait_us,
        closed_wait_us
    from {{ ref('int_funnel_steps_timed') }}
    where closed_wait_us is not null and closed_wait_us is distinct from open_wait_us
),

cut as (
    select
        groups.group_number,
        waits.step_number,
        waits.wait_us,
        waits.open_wait_us as session_us,
        waits.closed_wait_us as closed_session_us,
        case when waits.is_visitor then waits.open_wait_us end as visitor_us,
        case when waits.is_visitor then waits.closed_wait_us end as closed_visitor_us
    from waits
    inner join {{ ref('int_funnel_groups_numbered') }} as groups
        on waits.group_number = groups.finest_number
    where waits.is_session
    union all
    select
        group_number,
        step_number,
        wait_us,
        null as session_us,
        null as closed_session_us,
        open_wait_us as visitor_us,
        closed_wait_us as closed_visitor_us
    from waits
    where not is_session
),

-- Twice the place of a time less the number of times is 0 and 2 at the two in the middle, or 1 at the one.
ranked as (
    select
        *,
        2 * count(session_us) over sorted - count(session_us) over whole as session_place,
        2 * count(closed_session_us) over sorted - count(closed_session_us) over whole
            as closed_session_place,
        2 * count(visitor_us) over sorted - count(visitor_us) over whole as visitor_place,
        2 * count(closed_visitor_us) over sorted - count(closed_visitor_us) over whole
            as closed_visitor_place
    from cut
    -- Equal times in any order: those in the middle are the same.
    window
        whole as (partition by group_number, step_number),
        sorted as (
            partition by group_number, step_number
            order by wait_us asc nulls last
            rows between unbounded preceding and current row
        )
),

middle as (
    select
        group_number,
        step_number,
        case when session_place between 0 and 2 then session_us end as session_us,
        case when closed_session_place between 0 and 2 then closed_session_us end as closed_session_us,
        case when visitor_place between 0 and 2 then visitor_us end as visitor_us,
        case when closed_visitor_place between 0 and 2 then closed_visitor_us end as closed_visitor_us
    from ranked
)

select
    group_number,
    step_number,
    cast(min(session_us) + max(session_us) as double) / cast(2000000 as double)
        as session_median_seconds,
    cast(min(closed_session_us) + max(closed_session_us) as double) / cast(2000000 as double)
        as closed_session_median_seconds,
    cast(min(visitor_us) + max(visitor_us) as double) / cast(2000000 as double)
        as visitor_median_seconds,
    cast(min(closed_visitor_us) + max(closed_visitor_us) as double) / cast(2000000 as double)
        as closed_visitor_median_seconds
from middle
group by group_number, step_number
