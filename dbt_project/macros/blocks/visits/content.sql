{#- Pages, terms and keywords as the marts on content and routes show them. -#}

{#- How many pages, terms or keywords a site shows a month: those of most sessions. Totals hold the rest too. -#}
{% macro shown_per_month() %}5000{% endmacro %}

{#- A text of the shop's as a value of a dimension: never empty, never taken for a total or the end of a route. -#}
{% macro label(expr, missing='(unknown)') -%}
    coalesce(
        case
            when {{ expr }} in ('(all)', '(start)', '(exit)')
                then replace(replace({{ expr }}, '(', ''), ')', '')
            else nullif({{ expr }}, '')
        end, '{{ missing }}'
    )
{%- endmacro %}

{#- Whether a text holds what looks like an e-mail address, also as a browser writes it into a path. -#}
{% macro holds_address(expr) %}{{ matches(expr, "'[^/@ ](@|%40)[^/@ ]+[.][^/@ ]'") }}{% endmacro %}

{#- What somebody typed, as it is compared: small letters, single spaces. Addresses of people are not shown. -#}
{% macro typed_term(expr) -%}
    case
        when {{ holds_address(expr) }} then '(address)'
        else nullif(trim({{ single_spaced('lower(' ~ expr ~ ')') }}), '')
    end
{%- endmacro %}

{#- Whether an event came before an order was placed. At one moment purchases come last, by their ids; an -#}
{#- order that only its row tells of comes after them. -#}
{% macro is_before_order(event, order) -%}
    coalesce(
        {{ event }}.event_us < {{ order }}.placed_us
        or (
            {{ event }}.event_us = {{ order }}.placed_us
            and (
                {{ event }}.event_type <> 'purchase'
                or coalesce({{ event }}.event_id < {{ order }}.purchase_event_id, true)
            )
        ), false
    )
{%- endmacro %}
