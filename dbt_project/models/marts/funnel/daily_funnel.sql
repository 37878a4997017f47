with groups as (
    select distinct
        group_number,
        session_date,
        site,
        channel,
        device_category,
        visitor_kind
    from {{ ref('int_funnel_groups_numbered') }}
),

-- A step that nobody of a group did counts 0. Those that the shop never emits are not listed, and stay empty.
stepped as (
    select
        groups.*,
        steps.step,
        coalesce(counts.session_count, 0) as session_count,
        coalesce(counts.closed_session_count, 0) as closed_session_count,
        coalesce(counts.visitor_count, 0) as visitor_count,
        coalesce(counts.closed_visitor_count, 0) as closed_visitor_count,
        waits.session_median_seconds,
        waits.closed_session_median_seconds,
        waits.visitor_median_seconds,
        waits.closed_visitor_median_seconds
    from groups
    cross join {{ ref('int_funnel_steps_listed') }} as steps
    left join {{ ref('int_funnel_units_counted') }} as counts
        on groups.group_number = counts.group_number and steps.step_number = counts.step_number
    left join {{ ref('int_funnel_waits_halved') }} as waits
        on groups.group_number = waits.group_number and steps.step_number = waits.step_number
)

select
    session_date,
    site,
    channel,
    device_category,
    visitor_kind,
    {% for step in funnel_steps()[1:] -%}
        max(case when step = '{{ step }}' then session_count end) as {{ step }}_session_count,
        max(case when step = '{{ step }}' then closed_session_count end) as closed_{{ step }}_session_count,
        max(case when step = '{{ step }}' then visitor_count end) as {{ step }}_visitor_count,
        max(case when step = '{{ step }}' then closed_visitor_count end) as closed_{{ step }}_visitor_count,
    {% endfor -%}
    {% for step in funnel_steps()[:-1] -%}
        max(case when step = '{{ step }}' then session_median_seconds end)
            as {{ step }}_to_next_session_median_seconds,
        max(case when step = '{{ step }}' then closed_session_median_seconds end)
            as closed_{{ step }}_to_next_session_median_seconds,
        max(case when step = '{{ step }}' then visitor_median_seconds end)
            as {{ step }}_to_next_visitor_median_seconds,
        max(case when step = '{{ step }}' then closed_visitor_median_seconds end)
            as closed_{{ step }}_to_next_visitor_median_seconds,
    {% endfor -%}
    -- Every session does the first step, in either mode.
    max(case when step = 'session' then session_count end) as session_count,
    max(case when step = 'session' then visitor_count end) as visitor_count
from stepped
group by session_date, site, channel, device_category, visitor_kind
