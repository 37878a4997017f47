{% set step_count = funnel_steps() | length %}
{% set grain = ['session_date', 'site', 'channel', 'device_category', 'visitor_kind', 'unit'] %}
with units as (
    {% for unit in ['sessions', 'visitors'] -%}
        select
            {{ grain[:5] | join(', ') }},
            '{{ unit }}' as unit,
            {{ funnel_columns() }}
        from {{ ref('int_funnel_sessions_cut') }} as groups
        inner join {{ ref('int_session_steps_timed') }} as moments on groups.session_id = moments.session_id
        {% if unit == 'visitors' -%}
            where is_only_session
        {% endif -%}
        union all
    {% endfor -%}
    select
        {{ grain[:5] | join(', ') }},
        'visitors',
        {{ funnel_columns() }}
    from {{ ref('int_visitor_steps_timed') }}
),

summed as (
    select
        {{ grain | join(', ') }},
        {{ funnel_figures('open') }},
        {{ funnel_figures('closed') }}
    from units
    group by {{ grain | join(', ') }}
),

stepped as (
    {% for mode in ['open', 'closed'] -%}
        select
            {{ grain | join(', ') }},
            '{{ mode }}' as mode,
            steps.step_number,
            steps.step,
            {{ by_step(mode ~ '_count', step_count) }} as unit_count,
            {{ by_step(mode ~ '_us', step_count - 1) }} as us_to_next
        from summed
        cross join {{ ref('int_funnel_steps_listed') }} as steps
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    session_date,
    site,
    channel,
    device_category,
    visitor_kind,
    mode,
    unit,
    step_number,
    step,
    unit_count,
    {{ ratio('unit_count', 'first_value(unit_count) over funnel') }} as to_first_ratio,
    {{ ratio('unit_count', 'lag(unit_count) over funnel') }} as to_previous_ratio,
    us_to_next / cast(1000000 as double) as median_to_next_seconds
from stepped
window
    funnel as (
        partition by session_date, site, channel, device_category, visitor_kind, mode, unit
        order by step_number asc nulls last
    )
