{#- The one place for what DuckDB and Spark say differently. Arguments are SQL expressions, as text. -#}

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

{#- SHA-256 of a text, 64 hex digits. -#}
{% macro text_hash(text) %}{{ return(adapter.dispatch('text_hash', 'mandje')(text)) }}{% endmacro %}
{% macro duckdb__text_hash(text) %}sha256({{ text }}){% endmacro %}
{% macro spark__text_hash(text) %}sha2({{ text }}, 256){% endmacro %}

{#- A share as DOUBLE, made last from exact decimals or integers; null where the denominator is 0. -#}
{% macro ratio(numerator, denominator) -%}
    (cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), cast(0 as double)))
{%- endmacro %}

{#- Money as DECIMAL(18,4), rounded half away from zero. -#}
{% macro money(expr) %}cast(round({{ expr }}, 4) as decimal(18, 4)){% endmacro %}

{#- A date written as YYYY-MM-DD in Jinja, such as the as-of date. -#}
{% macro day(text) %}cast('{{ text }}' as date){% endmacro %}

{#- Product of two DECIMAL(18,4) with all 8 decimals: DuckDB's own has 18 digits and fails from 10^10 on. -#}
{% macro product(a, b) %}{{ return(adapter.dispatch('product', 'mandje')(a, b)) }}{% endmacro %}
{% macro duckdb__product(a, b) -%}
    (cast({{ a }} as decimal(38, 4)) * cast({{ b }} as decimal(18, 4)))
{%- endmacro %}
{% macro spark__product(a, b) -%}
    (cast({{ a }} as decimal(18, 4)) * cast({{ b }} as decimal(18, 4)))
{%- endmacro %}

{#- Product of two DECIMAL(18,4) as money: quantity times price, amount times rate. -#}
{% macro money_product(a, b) %}{{ money(product(a, b)) }}{% endmacro %}

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

{#- Quotient of two whole numbers without its remainder, the divisor above 0. -#}
{% macro whole_quotient(a, b) %}{{ return(adapter.dispatch('whole_quotient', 'mandje')(a, b)) }}{% endmacro %}
{% macro duckdb__whole_quotient(a, b) %}(cast({{ a }} as hugeint) // cast({{ b }} as hugeint)){% endmacro %}
{% macro spark__whole_quotient(a, b) %}(cast({{ a }} as decimal(38, 0)) div cast({{ b }} as decimal(38, 0))){% endmacro %}

{#- A decimal divided by one above 0, exact, rounded half away from zero to `places` decimals; null where the divisor -#}
{#- is 0. Both engines would divide decimals their own way, DuckDB through doubles. -#}
{% macro decimal_quotient(numerator, denominator, places) -%}
    {%- set n = "abs(cast(" ~ numerator ~ " as decimal(38, 8))) * 200000000" -%}
    {%- set d = "nullif(cast(" ~ denominator ~ " as decimal(38, 4)), 0) * " ~ 10 ** (8 - places) -%}
    cast(
        case when {{ numerator }} < 0 then -1 else 1 end
        * cast({{ whole_quotient(n ~ " + " ~ d, d ~ " * 2") }} as decimal(24, 0))
        * cast({{ 10 ** -places }} as decimal({{ places }}, {{ places }})) as decimal(18, {{ places }})
    )
{%- endmacro %}

{#- The quotient as money, DECIMAL(18,4). -#}
{% macro money_quotient(numerator, denominator) %}{{ decimal_quotient(numerator, denominator, 4) }}{% endmacro %}

{#- The quotient to the cent, DECIMAL(18,2). -#}
{% macro cents_quotient(numerator, denominator) %}{{ decimal_quotient(numerator, denominator, 2) }}{% endmacro %}

{#- A number written as text in Jinja, such as var('margin_ratio'), as DECIMAL(18,4). -#}
{% macro number(text) %}cast('{{ text }}' as decimal(18, 4)){% endmacro %}

{#- In place of a value: stops the model with a message, an expression of text. -#}
{% macro stop(message) %}{{ return(adapter.dispatch('stop', 'mandje')(message)) }}{% endmacro %}
{% macro duckdb__stop(message) %}error({{ message }}){% endmacro %}
{% macro spark__stop(message) %}raise_error({{ message }}){% endmacro %}

{#- The latest value that is not null in a window's frame; followed by over (…). -#}
{% macro last_known(expr) %}{{ return(adapter.dispatch('last_known', 'mandje')(expr)) }}{% endmacro %}
{% macro duckdb__last_known(expr) %}last_value({{ expr }} ignore nulls){% endmacro %}
{% macro spark__last_known(expr) %}last_value({{ expr }}, true){% endmacro %}

{#- Whether a regular expression is found in a text; write [.] for a full stop, never a backslash. -#}
{% macro matches(text, pattern) %}{{ return(adapter.dispatch('matches', 'mandje')(text, pattern)) }}{% endmacro %}
{% macro duckdb__matches(text, pattern) %}regexp_matches({{ text }}, {{ pattern }}){% endmacro %}
{% macro spark__matches(text, pattern) %}({{ text }} rlike {{ pattern }}){% endmacro %}

{#- Microseconds, a BIGINT, as exact seconds. -#}
{% macro seconds(microseconds) -%}
    cast(
        cast({{ microseconds }} as decimal(18, 0)) * cast('0.000001' as decimal(6, 6)) as decimal(18, 6)
    )
{%- endmacro %}

{#- Types as contracts write them: Spark knows no VARCHAR without a length, and its TIMESTAMP is an instant. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ column.data_type | replace('varchar', 'string') | replace(' with time zone', '') }})
            as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- A text with every run of spaces as one. -#}
{% macro single_spaced(text) %}{{ return(adapter.dispatch('single_spaced', 'mandje')(text)) }}{% endmacro %}
{% macro duckdb__single_spaced(text) %}regexp_replace({{ text }}, ' +', ' ', 'g'){% endmacro %}
{% macro spark__single_spaced(text) %}regexp_replace({{ text }}, ' +', ' '){% endmacro %}

{#- Columns of a contract in place of Spark's own constraints, which Parquet tables do not have: a null where none -#}
{#- may be stops the model. -#}
{% macro spark__get_column_names() -%}
    {%- for column in model.columns.values() %}
        {%- if column.constraints | selectattr('type', 'equalto', 'not_null') | list %}
        coalesce({{ column.name }}, raise_error('{{ model.name }}.{{ column.name }} is null')) as {{ column.name }}
        {%- else %}
        {{ column.name }}
        {%- endif %}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
{% macro spark__persist_constraints(relation, model) %}{% endmacro %}

{#- Rows of a seed as literals: the adapter's own bindings would write an empty cell as the text None. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model.config.column_types -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for name, value in row.items() -%}
            {%- set text = "'" ~ value | string | replace("\\", "\\\\") | replace("'", "\\'") ~ "'" -%}
            {%- do cells.append("cast(" ~ ("null" if value is none else text) ~ " as " ~ types[name] ~ ")") -%}
        {%- endfor -%}
        {%- do rows.append("(" ~ cells | join(", ") ~ ")") -%}
    {%- endfor -%}
    {%- set query = "insert into " ~ this ~ " values " ~ rows | join(", ") -%}
    {%- do adapter.add_query(query, abridge_sql_log=True) -%}
    {{ return(query) }}
{%- endmacro %}

{#- How a model is kept that only adds to a large one. Spark's catalogue ends with its session, tables stay as files. -#}
{% macro view_on_duckdb() %}{{ return('view' if target.type == 'duckdb' else 'table') }}{% endmacro %}

{#- The hour on a local clock at a UTC timestamp, 0 to 23, as BIGINT; tz is an expression giving a zone name. -#}
{% macro local_hour(ts, tz) %}{{ return(adapter.dispatch('local_hour', 'mandje')(ts, tz)) }}{% endmacro %}
{% macro duckdb__local_hour(ts, tz) %}extract(hour from {{ ts }} at time zone {{ tz }}){% endmacro %}
{% macro spark__local_hour(ts, tz) %}cast(hour(from_utc_timestamp({{ ts }}, {{ tz }})) as bigint){% endmacro %}
