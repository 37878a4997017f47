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

{#- Whether the rows of a source each stand for themselves (`documents = "changes"` in shop.toml): what an older -#}
{#- version told stays until its own key comes again. -#}
{% macro lists_changes(source) %}{{ is_one_of(source, var('change_sources')) }}{% endmacro %}

{#- Whether refunds that name an order are parts of its own document in this source, delivered with it. -#}
{% macro has_refunds_in_orders(source) %}{{ is_one_of(source, var('document_sources')) }}{% endmacro %}

{#- Whether the total of an order is nothing but the sum of the lines that this source delivers with its header. -#}
{% macro has_summed_totals(source) %}{{ is_one_of(source, var('summed_sources')) }}{% endmacro %}

{% macro is_one_of(source, sources) -%}
    {%- if sources -%}{{ source }} in ('{{ sources | join("', '") }}'){%- else -%}false{%- endif -%}
{%- endmacro %}

{#- Whether a row says that its key is gone. Only lines of a source that lists changes may be 0. -#}
{% macro takes_away(feed) -%}
    {{ 'quantity = 0' if feed == 'order_lines' else 'false' }}
{%- endmacro %}

{#- Of a version that holds rows of a refund: whether it came with a version of its order that a newer version of the -#}
{#- same source has taken the place of. A refund that the newer one names again has a version of its own there. -#}
{#- `documents` is joined by join_own_document. -#}
{% macro is_withdrawn(versions, documents) -%}
    {% if var('document_sources') -%}
        coalesce(
            {{ has_refunds_in_orders(versions ~ '.delivery_source') }} and not {{ documents }}.is_document_winner, false
        )
    {%- else -%}false{%- endif -%}
{%- endmacro %}

{% macro join_own_document(versions, documents) -%}
    {%- set order_versions = ref('stg_order_versions') -%}  {#- whatever the settings: dbt reads models without them -#}
    {% if var('document_sources') -%}
    left join {{ order_versions }} as {{ documents }}
        on
            {{ versions }}.order_id = {{ documents }}.order_id
            and {{ versions }}.delivery_source = {{ documents }}.delivery_source
            and {{ versions }}.delivery_date = {{ documents }}.delivery_date
            and {{ documents }}.line_count > 0
    {%- endif -%}
{%- endmacro %}
