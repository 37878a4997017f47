-- How many sessions and visitors of a group did each step; sums of those of its finest groups, and visitors
-- with several sessions.
with counted as (
    select
        group_number,
        is_session,
        step_number,
        count(case when is_session then 1 end) as session_count,
        count(case when is_session then closed_us end) as closed_session_count,
        count(case when is_visitor then 1 end) as visitor_count,
        count(case when is_visitor then closed_us end) as closed_visitor_count
    from {{ ref('int_funnel_steps_timed') }}
    group by group_number, is_session, step_number
),

cut as (
    select
        groups.group_number,
        counted.step_number,
        counted.session_count,
        counted.closed_session_count,
        counted.visitor_count,
        counted.closed_visitor_count
    from counted
    inner join {{ ref('int_funnel_groups_numbered') }} as groups
        on counted.group_number = groups.finest_number
    where counted.is_session
    union all
    select
        group_number,
        step_number,
        session_count,
        closed_session_count,
        visitor_count,
        closed_visitor_count
    from counted
    where not is_session
)

select
    group_number,
    step_number,
    cast(sum(session_count) as bigint) as session_count,
    cast(sum(closed_session_count) as bigint) as closed_session_count,
    cast(sum(visitor_count) as bigint) as visitor_count,
    cast(sum(closed_visitor_count) as bigint) as closed_visitor_count
from cut
group by group_number, step_number
