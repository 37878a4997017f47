{#- Steps of the funnel in their order. -#}
{% macro funnel_steps() %}
    {{ return([
        'session', 'product_view', 'add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase'
    ]) }}
{% endmacro %}

{#- CTEs over `step_events` (keys, step_number, event_us), which hold the steps after the first: `opened` has each -#}
{#- step's first moment, open_2, open_3 …, and `closed_<n>`, from the third step on, its first moment not before -#}
{#- that of the step before it, for units that came so far. Nothing comes before the first step, the session -#}
{#- itself, so the second is never too early. -#}
{% macro funnel_moments(keys) -%}
opened as (
    select
        {{ keys | join(', ') }},
        {% for step in funnel_steps()[1:] -%}
            {%- set number = loop.index + 1 -%}
            min(case when step_number = {{ number }} then event_us end) as open_{{ number }}{{ ',' if not loop.last }}
        {% endfor %}
    from step_events
    group by {{ keys | join(', ') }}
){% for step in funnel_steps()[2:] %}
{%- set number = loop.index + 2 -%}
{%- set before = ['opened', 'open_2'] if number == 3 else ['closed_' ~ (number - 1), 'moment_us'] -%},

closed_{{ number }} as (
    select
        {{ keys | join(', ') }},
        min(step_events.event_us) as moment_us
    from step_events
    inner join {{ before[0] }} using ({{ keys | join(', ') }})
    where step_events.step_number = {{ number }} and step_events.event_us >= {{ before[0] }}.{{ before[1] }}
    group by {{ keys | join(', ') }}
){% endfor %}
{%- endmacro %}

{#- open_2, closed_2, open_3 … of the CTEs above. -#}
{% macro funnel_moments_listed() -%}
    opened.open_2,
    opened.open_2 as closed_2,
    {% for step in funnel_steps()[2:] -%}
        {%- set number = loop.index + 2 -%}
        opened.open_{{ number }},
        closed_{{ number }}.moment_us as closed_{{ number }}{{ ',' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- To those rows, joined in this order. -#}
{% macro funnel_moments_joined(keys) -%}
left join opened using ({{ keys | join(', ') }})
{% for step in funnel_steps()[2:] -%}
left join closed_{{ loop.index + 2 }} using ({{ keys | join(', ') }})
{% endfor %}
{%- endmacro %}

{#- Of columns such as session_open_count, for what is counted and in which mode, the one that a row is of. -#}
{% macro funnel_figure(name) -%}
    case
    {%- for unit in ['session', 'visitor'] %}
        {%- for mode in ['open', 'closed'] %}
        when views.unit = '{{ unit }}s' and views.mode = '{{ mode }}' then {{ unit }}_{{ mode }}_{{ name }}
        {%- endfor %}
    {%- endfor %}
    end
{%- endmacro %}

{#- Whether anybody came so far; whole groups show a step that nobody reached, too. -#}
{% macro is_shown_in_funnel() -%}
    (
        {{ funnel_figure('count') }} > 0
        or (groups.channel = '(all)' and groups.device_category = '(all)' and groups.visitor_kind = '(all)')
    )
{%- endmacro %}

{#- Steps of sessions and of visitors with several, counted from `unit_number`: the finest group of a session, the -#}
{#- very group of a visitor. What is asked of each mode is an expression of its moments. -#}
{% macro funnel_units(columns) -%}
    {%- for unit in ['session', 'visitor'] -%}
        select
            {{ 'finest_number' if unit == 'session' else 'group_number' }} as unit_number,
            {{ 'true' if unit == 'session' else 'false' }} as is_session,
            {{ 'is_only_session' if unit == 'session' else 'true' }} as is_visitor,
            steps.step_number,
            {{ columns }}
        from {{ ref('int_' ~ unit ~ '_steps_timed') }}
        cross join {{ ref('int_funnel_steps_listed') }} as steps
        {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- The moment of the step that the row is of, or of the one so many steps on. -#}
{% macro funnel_moment(mode, further=0) -%}
    case steps.step_number
    {%- for step in funnel_steps()[further:] %}
        when {{ loop.index }} then {{ mode }}_{{ loop.index + further }}
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
