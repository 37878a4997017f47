-- When each unit did the steps of the funnel, and how long it took to the next step: in open mode each step's
-- first moment, in closed mode its first moment that is not before that of the step before it.
with step_events as (
    select
        units.unit_number,
        units.is_session,
        units.is_visitor,
        units.group_number,
        events.step_number,
        events.event_us
    from {{ ref('int_funnel_units_grouped') }} as units
    inner join {{ ref('int_funnel_events_numbered') }} as events on units.session_id = events.session_id
),

opened as (
    select
        unit_number,
        is_session,
        is_visitor,
        group_number,
        step_number,
        min(event_us) as open_us
    from step_events
    group by unit_number, is_session, is_visitor, group_number, step_number
),

closed_1 as (
    select
        unit_number,
        step_number,
        open_us as closed_us
    from opened
    where step_number = 1
),

{% for step in funnel_steps()[1:] -%}
    {%- set number = loop.index + 1 -%}
    closed_{{ number }} as (
        select
            step_events.unit_number,
            step_events.step_number,
            min(step_events.event_us) as closed_us
        from step_events
        inner join closed_{{ number - 1 }} as step_before on step_events.unit_number = step_before.unit_number
        where step_events.step_number = {{ number }} and step_events.event_us >= step_before.closed_us
        group by step_events.unit_number, step_events.step_number
    ),

{% endfor -%}

closed as (
    {% for step in funnel_steps() -%}
        select * from closed_{{ loop.index }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

timed as (
    select
        opened.*,
        closed.closed_us
    from opened
    left join closed on opened.unit_number = closed.unit_number and opened.step_number = closed.step_number
)

select
    timed.is_session,
    timed.is_visitor,
    timed.group_number,
    timed.unit_number,
    timed.step_number,
    timed.open_us,
    timed.closed_us,
    case when next_step.open_us >= timed.open_us then next_step.open_us - timed.open_us end as open_wait_us,
    next_step.closed_us - timed.closed_us as closed_wait_us
from timed
left join timed as next_step
    on timed.unit_number = next_step.unit_number and timed.step_number + 1 = next_step.step_number
