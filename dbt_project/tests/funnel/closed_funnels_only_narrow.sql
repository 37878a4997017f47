-- A step that the shop never emits is empty and compares with nothing: hence all earlier steps.
{% set steps = funnel_steps()[1:] %}
select
    session_date,
    site
from {{ ref('daily_funnel') }}
where
    {% for unit in ['session', 'visitor'] -%}
        {% for step in steps -%}
            {{ step }}_{{ unit }}_count > {{ unit }}_count
            or closed_{{ step }}_{{ unit }}_count > {{ step }}_{{ unit }}_count
            {% for earlier in steps[:loop.index0] -%}
                or closed_{{ step }}_{{ unit }}_count > closed_{{ earlier }}_{{ unit }}_count
            {% endfor -%}
            or
        {% endfor -%}
    {% endfor -%}
    session_count < visitor_count
