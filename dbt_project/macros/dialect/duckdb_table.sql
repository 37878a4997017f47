{#- A table on DuckDB is made in its place, in one transaction: whoever reads before its end sees the one before. -#}
{#- The adapter's own way builds it under another name, renames both and drops the former: three statements more. -#}
{%- materialization table, adapter='duckdb' -%}
    {%- set table = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif -%}
    {%- call statement('main') -%}{{ create_table_as(False, table, compiled_code) }}{%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do persist_docs(table, model) -%}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [table]}) }}
{%- endmaterialization -%}

{#- All comments of a relation in one statement. The adapter's own way asks twice what columns there are, which the -#}
{#- contract has settled. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set comments = [] -%}
    {%- if for_relation and config.persist_relation_docs() and model.description -%}
        {%- do comments.append(alter_relation_comment(relation, model.description)) -%}
    {%- endif -%}
    {%- if for_columns and config.persist_column_docs() -%}
        {%- for name, column in model.columns.items() -%}
            {%- set text = duckdb_escape_comment(column.description) -%}
            {%- do comments.append("comment on column " ~ relation ~ "." ~ name ~ " is " ~ text ~ ";") -%}
        {%- endfor -%}
    {%- endif -%}
    {%- if comments -%}{%- do run_query(comments | join("\n")) -%}{%- endif -%}
{%- endmacro %}
