{#- What customer marts rank by. -#}

{#- A score from 1 to `parts`, `parts` being best: whoever has it is better than at least (score - 1) / parts of -#}
{#- all. `place` is rank() from the worst on, so ties share the score of their lowest place. -#}
{% macro score(place, all_count, parts) -%}
    cast({{ whole_quotient('(' ~ place ~ ' - 1) * ' ~ parts, all_count) }} + 1 as bigint)
{%- endmacro %}

{#- The tenth that a place belongs to: 1 is the best one and never holds more than a tenth of all. -#}
{% macro tenth(place, all_count) %}(11 - {{ score(place, all_count, 10) }}){% endmacro %}

{#- Up to this age in days a customer is new. -#}
{% macro young_days() %}90{% endmacro %}

{#- Whether a row of `customers` may be profiled: known again, and agreed. -#}
{% macro may_be_profiled(customers) -%}
    ({{ customers }}.has_profiling_consent and {{ customers }}.person_kind <> 'order')
{%- endmacro %}
