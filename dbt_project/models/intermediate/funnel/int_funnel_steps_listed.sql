-- Steps of the funnel that the shop emits, counted through.
with emitted as (
    select distinct event_type as step from {{ ref('int_events_identified') }}
    where not is_excluded
),

steps as (
    {% for step in funnel_steps() -%}
        select
            {{ loop.index }} as place,
            '{{ step }}' as step
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    cast(row_number() over (order by steps.place asc nulls last) as bigint) as step_number,
    steps.step
from steps
left join emitted on steps.step = emitted.step
where steps.step = 'session' or emitted.step is not null
