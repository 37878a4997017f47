{#- The night's as-of date, from the environment: dbt's own tests set it there, each its own. -#}
{% macro as_of_date() -%}
    {{ day(env_var('MANDJE_AS_OF_DATE') if execute else '2000-01-01') }}
{%- endmacro %}
