{#- What is known of a figure whose feed never told anything: see int_sites_told. -#}

{#- Text that tells something, else null. -#}
{% macro told_text(column) -%}
    nullif(nullif(trim({{ column }}), ''), '(not set)')
{%- endmacro %}

{#- A figure where all that it needs was told, else empty. `told` is the alias of int_sites_told. -#}
{% macro if_told(figure, needs, told='told') -%}
    case when {{ told }}.{{ needs | join(' and ' ~ told ~ '.') }} then {{ figure }} end
{%- endmacro %}

{#- In an aggregate over sessions of one or many sites, which carry selling_session_count (those of sites that -#}
{#- tell of orders): what orders tell of them, empty where no site tells of any. -#}
{% macro if_selling(figure) -%}
    case when sum(selling_session_count) > 0 then {{ figure }} end
{%- endmacro %}

{#- Sessions with an order, their orders and revenue, given as expressions of an aggregate, with the ratios. -#}
{% macro orders_of_sessions(order_sessions, orders, revenue) -%}
    cast({{ if_selling('coalesce(' ~ order_sessions ~ ', 0)') }} as bigint) as order_session_count,
        cast({{ if_selling('coalesce(' ~ orders ~ ', 0)') }} as bigint) as order_count,
        cast({{ if_selling('coalesce(' ~ revenue ~ ', 0)') }} as decimal(18, 4)) as revenue_amount,
        {{ ratio('coalesce(' ~ order_sessions ~ ', 0)', 'sum(selling_session_count)') }} as conversion_ratio,
        {{ money_quotient('coalesce(' ~ revenue ~ ', 0)', 'sum(selling_session_count)') }}
            as revenue_per_session_amount
{%- endmacro %}
