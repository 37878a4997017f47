-- The median time from a step to the next in every group: of the sorted times the one in the middle, or the
-- two there. A sort can spill to disk; a median by aggregation would hold all times in memory.
{% set views = ['session_open', 'session_closed', 'visitor_open', 'visitor_closed'] %}
with timed as (
    {{ funnel_units(
        (funnel_moment('open', 1) ~ ' - ' ~ funnel_moment('open')) ~ ' as open_us, '
        ~ (funnel_moment('closed', 1) ~ ' - ' ~ funnel_moment('closed')) ~ ' as closed_us'
    ) }}
),

-- A time that is the same in both modes stands once.
waits as (
    select
        unit_number,
        is_session,
        is_visitor,
        step_number,
        open_us as wait_us,
        true as is_open,
        coalesce(open_us = closed_us, false) as is_closed
    from timed
    where open_us >= 0
    union all
    select
        unit_number,
        is_session,
        is_visitor,
        step_number,
        closed_us,
        false,
        true
    from timed
    where closed_us <> open_us
),

cut as (
    select
        groups.group_number,
        waits.*
    from waits
    inner join {{ ref('int_funnel_groups_numbered') }} as groups on waits.unit_number = groups.finest_number
    where waits.is_session
    union all
    select
        unit_number,
        *
    from waits
    where not is_session
),

ranked as (
    select
        {% for view in views -%}
            {% set is_seen = 'is_' ~ view | replace('_', ' and is_') -%}
            case when {{ is_seen }} then wait_us end as {{ view }}_us,
            2 * count(case when {{ is_seen }} then 1 end) over sorted
            - count(case when {{ is_seen }} then 1 end) over whole as {{ view }}_place,
        {% endfor -%}
        group_number,
        step_number
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
        {% for view in views -%}
            case when {{ view }}_place between 0 and 2 then {{ view }}_us end as {{ view }}_us,
        {% endfor -%}
        group_number,
        step_number
    from ranked
)

select
    {% for view in views -%}
        cast(min({{ view }}_us) + max({{ view }}_us) as double) / cast(2000000 as double)
            as {{ view }}_seconds,
    {% endfor -%}
    group_number,
    step_number
from middle
group by group_number, step_number
