{#- What events and sessions are told apart by. -#}

{#- Whether an expression of text is one of a setting's list, such as var('internal_hosts'). -#}
{% macro is_listed(expr, listed) -%}
    {%- if listed -%}
        coalesce({{ expr }} in (
            {%- for one in listed %}{{ as_text(one) }}{{ ', ' if not loop.last }}{% endfor -%}
        ), false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{#- A text of a setting as SQL writes it. -#}
{% macro as_text(value) %}'{{ value | replace("'", "''") }}'{% endmacro %}

{#- An event of a cart, a checkout or an order: whoever does one is engaged. -#}
{% macro is_shopping_event() -%}
    event_type in (
        'add_to_cart', 'remove_from_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'checkout_error', 'purchase'
    )
{%- endmacro %}

{#- A name of traffic as it is compared: small letters; what says "nothing" is null. -#}
{% macro traffic_name(expr) -%}
    nullif(nullif(nullif(nullif(nullif(lower(trim({{ expr }})), ''), '(direct)'), 'direct'), '(none)'), '(not set)')
{%- endmacro %}

{#- Source or medium as it is shown: as delivered; (not set) where it says nothing. -#}
{% macro named_traffic(expr) -%}
    coalesce(case when {{ traffic_name(expr) }} is not null then trim({{ expr }}) end, '(not set)')
{%- endmacro %}

{#- A host as it is compared: small letters, without www. -#}
{% macro host_name(host) %}regexp_replace(lower(trim({{ host }})), '^www[.]', ''){% endmacro %}

{#- Steps of a visit in the order in which they happen where a clock shows them at one moment; after them what -#}
{#- only tells that the visitor still reads. -#}
{% macro event_types() -%}
    {{ return([
        'page_view', 'search', 'product_view', 'add_to_cart', 'remove_from_cart', 'begin_checkout', 'add_shipping',
        'add_payment', 'checkout_error', 'purchase', 'engagement'
    ]) }}
{%- endmacro %}

{#- The order of events: of time, at one moment of their steps, at one step of their ids. -#}
{% macro event_order(us='event_us', direction='asc', id='event_id') -%}
    {{ us }} {{ direction }} nulls last, type_number {{ direction }} nulls last, {{ id }} {{ direction }} nulls last
{%- endmacro %}

{#- Silence that ends a session, in microseconds. -#}
{% macro session_gap_us() %}(cast({{ var('session_gap_minutes') }} as bigint) * 60000000){% endmacro %}
