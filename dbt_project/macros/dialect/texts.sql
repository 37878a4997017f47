{#- Texts, where DuckDB and Spark say them differently. Arguments are SQL expressions, as text. -#}

{#- SHA-256 of a text, 64 hex digits. -#}
{% macro text_hash(text) %}{{ return(adapter.dispatch('text_hash', 'mandje')(text)) }}{% endmacro %}
{% macro duckdb__text_hash(text) %}sha256({{ text }}){% endmacro %}
{% macro spark__text_hash(text) %}sha2({{ text }}, 256){% endmacro %}

{#- Whether a regular expression is found in a text; write [.] for a full stop, never a backslash. -#}
{% macro matches(text, pattern) %}{{ return(adapter.dispatch('matches', 'mandje')(text, pattern)) }}{% endmacro %}
{% macro duckdb__matches(text, pattern) %}regexp_matches({{ text }}, {{ pattern }}){% endmacro %}
{% macro spark__matches(text, pattern) %}({{ text }} rlike {{ pattern }}){% endmacro %}

{#- A text with every run of spaces as one. -#}
{% macro single_spaced(text) %}{{ return(adapter.dispatch('single_spaced', 'mandje')(text)) }}{% endmacro %}
{% macro duckdb__single_spaced(text) %}regexp_replace({{ text }}, ' +', ' ', 'g'){% endmacro %}
{% macro spark__single_spaced(text) %}regexp_replace({{ text }}, ' +', ' '){% endmacro %}

{#- In an aggregate: the different texts that are not null, in order, with a comma between; null where there are none. -#}
{% macro listed_texts(text) %}{{ return(adapter.dispatch('listed_texts', 'mandje')(text)) }}{% endmacro %}
{% macro duckdb__listed_texts(text) %}string_agg(distinct {{ text }}, ', ' order by {{ text }}){% endmacro %}
{% macro spark__listed_texts(text) %}nullif(concat_ws(', ', sort_array(collect_set({{ text }}))), ''){% endmacro %}
