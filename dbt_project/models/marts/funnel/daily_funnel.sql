{% set views = ['session_open', 'session_closed', 'visitor_open', 'visitor_closed'] %}
{% set grain = ['session_date', 'site', 'channel', 'device_category', 'visitor_kind'] %}
with timed as (
    {{ funnel_units(funnel_moment('open') ~ ' as open_us, ' ~ funnel_moment('closed') ~ ' as closed_us') }}
),

counted as (
    select
        {% for view in views -%}
            {% set unit, mode = view.split('_') -%}
            count(case when is_{{ unit }} then {{ mode }}_us end) as {{ view }}_count,
        {% endfor -%}
        unit_number,
        is_session,
        step_number
    from timed
    where open_us is not null
    group by unit_number, is_session, step_number
),

cut as (
    select
        groups.group_number,
        counted.*
    from counted
    inner join {{ ref('int_funnel_groups_numbered') }} as groups on counted.unit_number = groups.finest_number
    where counted.is_session
    union all
    select
        unit_number,
        *
    from counted
    where not is_session
),

summed as (
    select
        {% for view in views -%}
            cast(sum({{ view }}_count) as bigint) as {{ view }}_count,
        {% endfor -%}
        group_number,
        step_number
    from cut
    group by group_number, step_number
),

views as (
    {% for view in views -%}
        {% set unit, mode = view.split('_') -%}
        select
            '{{ mode }}' as mode,
            '{{ unit }}s' as unit
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

groups as (
    select distinct
        group_number,
        {{ grain | join(', ') }}
    from {{ ref('int_funnel_groups_numbered') }}
),

stepped as (
    select
        {% for view in views -%}
            coalesce(summed.{{ view }}_count, 0) as {{ view }}_count,
            first_value(summed.{{ view }}_count) over funnel as {{ view }}_first_count,
            coalesce(lag(summed.{{ view }}_count) over funnel, 0) as {{ view }}_previous_count,
            waits.{{ view }}_seconds,
        {% endfor -%}
        groups.group_number,
        steps.step_number,
        steps.step
    from groups
    cross join {{ ref('int_funnel_steps_listed') }} as steps
    left join summed on groups.group_number = summed.group_number and steps.step_number = summed.step_number
    left join {{ ref('int_funnel_waits_halved') }} as waits
        on groups.group_number = waits.group_number and steps.step_number = waits.step_number
    window funnel as (
        partition by groups.group_number
        order by steps.step_number asc nulls last
    )
)

select
    {{ grain | join(', ') }},
    views.mode,
    views.unit,
    stepped.step_number,
    stepped.step,
    {{ funnel_figure('count') }} as unit_count,
    {{ ratio(funnel_figure('count'), funnel_figure('first_count')) }} as to_first_ratio,
    {{ ratio(funnel_figure('count'), funnel_figure('previous_count')) }} as to_previous_ratio,
    {{ funnel_figure('seconds') }} as median_to_next_seconds
from stepped
inner join groups on stepped.group_number = groups.group_number
cross join views
where {{ is_shown_in_funnel() }}
