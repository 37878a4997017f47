{#- Parts of queries that DuckDB and Spark say differently. Arguments are SQL expressions, as text. -#}

{#- In place of a value: stops the model with a message, an expression of text. -#}
{% macro stop(message) %}{{ return(adapter.dispatch('stop', 'mandje')(message)) }}{% endmacro %}
{% macro duckdb__stop(message) %}error({{ message }}){% endmacro %}
{% macro spark__stop(message) %}raise_error({{ message }}){% endmacro %}

{#- The latest value that is not null in a window's frame; followed by over (…). -#}
{% macro last_known(expr) %}{{ return(adapter.dispatch('last_known', 'mandje')(expr)) }}{% endmacro %}
{% macro duckdb__last_known(expr) %}last_value({{ expr }} ignore nulls){% endmacro %}
{% macro spark__last_known(expr) %}last_value({{ expr }}, true){% endmacro %}

{#- How a model is kept that only adds to a large one. Spark's catalogue ends with its session, tables stay as files. -#}
{% macro view_on_duckdb() %}{{ return('view' if target.type == 'duckdb' else 'table') }}{% endmacro %}
