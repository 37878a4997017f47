{#- Steps of the funnel in their order. -#}
{% macro funnel_steps() %}
    {{ return([
        'session', 'product_view', 'add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase'
    ]) }}
{% endmacro %}

{#- CTEs over `step_events` (keys, step_number, event_us): `opened` has each step's first moment, open_1, open_2 …, -#}
{#- and `closed_<n>` its first moment not before that of the step before it, for units that came so far. -#}
{% macro funnel_moments(keys) -%}
opened as (
    select
        {{ keys | join(', ') }},
        {% for step in funnel_steps() -%}
            min(case when step_number = {{ loop.index }} then event_us end) as open_{{ loop.index }}{{ ',' if not loop.last }}
        {% endfor %}
    from step_events
    group by {{ keys | join(', ') }}
),

closed_1 as (
    select
        {{ keys | join(', ') }},
        open_1 as moment_us
    from opened
){% for step in funnel_steps()[1:] %},

closed_{{ loop.index + 1 }} as (
    select
        {{ keys | join(', ') }},
        min(step_events.event_us) as moment_us
    from step_events
    inner join closed_{{ loop.index }} using ({{ keys | join(', ') }})
    where step_events.step_number = {{ loop.index + 1 }} and step_events.event_us >= closed_{{ loop.index }}.moment_us
    group by {{ keys | join(', ') }}
){% endfor %}
{%- endmacro %}

{#- The rows of `opened` with closed_1, closed_2 … beside. -#}
{% macro funnel_moments_joined(keys) -%}
select
    opened.*,
    {% for step in funnel_steps() -%}
        closed_{{ loop.index }}.moment_us as closed_{{ loop.index }}{{ ',' if not loop.last }}
    {% endfor %}
from opened
{% for step in funnel_steps() -%}
left join closed_{{ loop.index }} using ({{ keys | join(', ') }})
{% endfor %}
{%- endmacro %}

{#- open_1, closed_1, open_2 … -#}
{% macro funnel_columns() -%}
    {%- for step in funnel_steps() -%}
        open_{{ loop.index }}, closed_{{ loop.index }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- How many units did each step of a mode, and the median microseconds to their next step. In open mode the next -#}
{#- may come before: such a unit has no time to it. -#}
{% macro funnel_figures(mode) -%}
    {% for step in funnel_steps() -%}
        {%- set this, next = mode ~ '_' ~ loop.index, mode ~ '_' ~ (loop.index + 1) -%}
        count({{ this }}) as {{ mode }}_count_{{ loop.index }}
        {%- if not loop.last %},
        percentile_cont(0.5) within group (
            order by case when {{ next }} >= {{ this }} then {{ next }} - {{ this }} end
        ) as {{ mode }}_us_{{ loop.index }},
        {% endif -%}
    {% endfor -%}
{%- endmacro %}

{#- The one of several numbered columns that a step's number names. -#}
{% macro by_step(prefix, count) -%}
    case steps.step_number
    {%- for step in range(1, count + 1) %}
        when {{ step }} then {{ prefix }}_{{ step }}
    {%- endfor %}
    end
{%- endmacro %}

{#- Totals that stand beside the finest grain: what each tells apart. -#}
{% macro funnel_cuts() -%}
    select * from (values
        {% for by_site in ['true', 'false'] -%}
            ({{ by_site }}, false, false, false),
            ({{ by_site }}, true, false, false),
            ({{ by_site }}, false, true, false),
            ({{ by_site }}, false, false, true),
            ({{ by_site }}, true, true, true){{ ',' if not loop.last }}
        {% endfor -%}
    ) as cuts (by_site, by_channel, by_device, by_visitor_kind)
{%- endmacro %}
