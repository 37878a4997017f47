{#- What dbt's own macros have to do otherwise on Spark. -#}

{#- Types as contracts write them: Spark knows no VARCHAR without a length, and its TIMESTAMP is an instant. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ column.data_type | replace('varchar', 'string') | replace(' with time zone', '') }})
            as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

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
