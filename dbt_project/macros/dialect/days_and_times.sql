{#- Days, clocks and times, where DuckDB and Spark say them differently. Arguments are SQL expressions, as text. -#}

{#- Microseconds since 1970-01-01 UTC of a timestamp, as BIGINT. -#}
{% macro epoch_us(ts) %}{{ return(adapter.dispatch('epoch_us', 'mandje')(ts)) }}{% endmacro %}
{% macro duckdb__epoch_us(ts) %}epoch_us({{ ts }}){% endmacro %}
{% macro spark__epoch_us(ts) %}unix_micros({{ ts }}){% endmacro %}

{#- Days from one date to another, as BIGINT; negative where the second is earlier. -#}
{% macro day_diff(from_day, to_day) -%}
    {{ return(adapter.dispatch('day_diff', 'mandje')(from_day, to_day)) }}
{%- endmacro %}
{% macro duckdb__day_diff(from_day, to_day) %}date_diff('day', {{ from_day }}, {{ to_day }}){% endmacro %}
{% macro spark__day_diff(from_day, to_day) -%}
    cast(datediff({{ to_day }}, {{ from_day }}) as bigint)
{%- endmacro %}

{#- The date n days later; n is a whole number or an integer expression. -#}
{% macro add_days(day, n) %}{{ return(adapter.dispatch('add_days', 'mandje')(day, n)) }}{% endmacro %}
{% macro duckdb__add_days(day, n) %}({{ day }} + cast({{ n }} as integer)){% endmacro %}
{% macro spark__add_days(day, n) %}date_add({{ day }}, cast({{ n }} as int)){% endmacro %}

{#- The date on a local clock at a UTC timestamp; tz is an expression giving a zone name. -#}
{% macro local_day(ts, tz) %}{{ return(adapter.dispatch('local_day', 'mandje')(ts, tz)) }}{% endmacro %}
{% macro duckdb__local_day(ts, tz) %}cast({{ ts }} at time zone {{ tz }} as date){% endmacro %}
{% macro spark__local_day(ts, tz) %}to_date(from_utc_timestamp({{ ts }}, {{ tz }})){% endmacro %}

{#- A date written as YYYY-MM-DD in Jinja, such as the as-of date. -#}
{% macro day(text) %}cast('{{ text }}' as date){% endmacro %}

{#- The UTC instant at which a local day begins; tz is an expression giving a zone name. -#}
{% macro day_start(day, tz) %}{{ return(adapter.dispatch('day_start', 'mandje')(day, tz)) }}{% endmacro %}
{% macro duckdb__day_start(day, tz) %}(cast({{ day }} as timestamp) at time zone {{ tz }}){% endmacro %}
{% macro spark__day_start(day, tz) %}to_utc_timestamp(cast({{ day }} as timestamp), {{ tz }}){% endmacro %}

{#- In a select list: one row per date from the first to the last day. -#}
{% macro each_day(first_day, last_day) %}{{ return(adapter.dispatch('each_day', 'mandje')(first_day, last_day)) }}{% endmacro %}
{% macro duckdb__each_day(first_day, last_day) -%}
    cast(unnest(generate_series(cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval 1 day)) as date)
{%- endmacro %}
{% macro spark__each_day(first_day, last_day) %}explode(sequence({{ first_day }}, {{ last_day }})){% endmacro %}

{#- Microseconds, a BIGINT, as exact seconds. -#}
{% macro seconds(microseconds) -%}
    cast(
        cast({{ microseconds }} as decimal(18, 0)) * cast('0.000001' as decimal(6, 6)) as decimal(18, 6)
    )
{%- endmacro %}

{#- The hour on a local clock at a UTC timestamp, 0 to 23, as BIGINT; tz is an expression giving a zone name. -#}
{% macro local_hour(ts, tz) %}{{ return(adapter.dispatch('local_hour', 'mandje')(ts, tz)) }}{% endmacro %}
{% macro duckdb__local_hour(ts, tz) %}extract(hour from {{ ts }} at time zone {{ tz }}){% endmacro %}
{% macro spark__local_hour(ts, tz) %}cast(hour(from_utc_timestamp({{ ts }}, {{ tz }})) as bigint){% endmacro %}
