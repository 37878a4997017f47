{#- Which row or version of a document wins. A later word beats an earlier one; a row that says when -#}
{#- it was changed beats one that does not; source, file and line only make the order total. -#}

{#- Best row first, among rows of one key. -#}
{% macro best_row_first(relation=none, has_updated_at=false) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {%- if has_updated_at %}{{ prefix }}updated_at desc nulls last, {% endif -%}
    {{ prefix }}delivery_date desc nulls last, {{ prefix }}delivery_source desc nulls last,
    {{ prefix }}delivery_file desc nulls last, {{ prefix }}delivery_line desc nulls last
{%- endmacro %}

{#- Best version first, among versions of one document: a version is what one delivery holds of it. -#}
{% macro best_version_first() -%}
    updated_at desc nulls last, delivery_date desc nulls last, delivery_source desc nulls last
{%- endmacro %}
