{#- What is known of a figure whose feed never told anything: see int_sites_told. -#}

{#- Text that tells something, else null. -#}
{% macro told_text(column) -%}
    nullif(nullif(trim({{ column }}), ''), '(not set)')
{%- endmacro %}

{#- What a daily figure needs to be known, as columns of int_sites_told. Corrections and costs need nothing: a shop -#}
{#- without them has none. Net sales of a shop that never told of a return are before returns. -#}
{% macro kpi_needs(name) -%}
    {%- set needs = {
        'order_session_count': ['has_orders', 'has_visits'], 'selling_session_count': ['has_orders', 'has_visits'],
        'customer': ['has_orders'], 'retained_customer': ['has_orders'], 'visitor': ['has_visits'],
        'time_on_site_seconds': ['has_visits'], 'return': ['has_returns'], 'returned_quantity': ['has_returns'],
        'visited_sales_amount': ['has_order_lines', 'has_visits'], 'returned_amount': ['has_returns'], 'cohort_returned_amount': ['has_orders', 'has_returns']
    } -%}
    {%- for one in [
        'session_count', 'bounce_count', 'new_visitor_count', 'page_view_count', 'cart_count', 'ordered_cart_count',
        'recovered_cart_count', 'abandoned_cart_count', 'emptied_cart_count', 'open_cart_count'
    ] %}{% do needs.update({one: ['has_visits']}) %}{% endfor -%}
    {%- for one in [
        'order_count', 'guest_order_count', 'online_order_count', 'new_customer_count', 'shipping_amount',
        'other_charges_amount', 'tax_amount'
    ] %}{% do needs.update({one: ['has_orders']}) %}{% endfor -%}
    {%- for one in [
        'unit_quantity', 'gross_sales_amount', 'discount_amount', 'online_sales_amount', 'cohort_net_sales_amount'
    ] %}{% do needs.update({one: ['has_order_lines']}) %}{% endfor -%}
    {{ return(needs.get(name, [])) }}
{%- endmacro %}

{#- A figure where all that it needs was told, else empty. `told` is the alias of int_sites_told. -#}
{% macro if_told(figure, needs, told='told') -%}
    {%- if needs -%}
        case when {{ told }}.{{ needs | join(' and ' ~ told ~ '.') }} then {{ figure }} end
    {%- else -%}
        {{ figure }}
    {%- endif -%}
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
