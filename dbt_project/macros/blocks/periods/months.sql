{#- Months, each known by its first day. -#}

{#- The first day of a date's month. -#}
{% macro month_start(day) %}{{ add_days(day, '1 - extract(day from ' ~ day ~ ')') }}{% endmacro %}

{#- The last day of the month that a first day begins. -#}
{% macro month_end(first_day) -%}
    {{ add_days(month_start(add_days(first_day, 31)), -1) }}
{%- endmacro %}

{#- Calendar months from one date to another, as BIGINT: 1 from the last day of a month to the next day. -#}
{% macro month_diff(from_day, to_day) -%}
    cast(
        (extract(year from {{ to_day }}) - extract(year from {{ from_day }})) * 12
        + extract(month from {{ to_day }}) - extract(month from {{ from_day }}) as bigint
    )
{%- endmacro %}
