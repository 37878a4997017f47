{#- An order that ends carts: placed online, neither failed nor a test. -#}
{% macro is_online_order() %}(sales_channel = 'online' and status not in ('failed', 'test')){% endmacro %}

{#- How far a cart can come, in this order. -#}
{% macro cart_stages() %}{{ return(['cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase']) }}{% endmacro %}

{#- The number of a name in a list, counted from `first`; null where it is not in it. -#}
{% macro number_of(expr, names, first) -%}
    case {{ expr }}
    {%- for name in names %}
        when '{{ name }}' then {{ loop.index0 + first }}
    {%- endfor %}
    end
{%- endmacro %}

{#- The name in a list that a number stands for, counted from `first`. -#}
{% macro name_of(expr, names, first) -%}
    case {{ expr }}
    {%- for name in names %}
        when {{ loop.index0 + first }} then '{{ name }}'
    {%- endfor %}
    end
{%- endmacro %}

{#- Silence after which a cart counts as left, and after which it ends, in microseconds. -#}
{% macro cart_silence_us() %}(cast({{ var('cart_silence_minutes') }} as bigint) * 60000000){% endmacro %}
{% macro cart_end_us() %}(cast({{ var('cart_end_days') }} as bigint) * 86400000000){% endmacro %}

{#- How much later the clock of events may be than that of orders, in microseconds. -#}
{% macro order_tolerance_us() %}{{ (var('order_tolerance_minutes') | int) * 60000000 }}{% endmacro %}

{#- The order of what happens to carts: order rows come after events of their moment. -#}
{% macro entry_order(us) -%}
    {{ us }} asc nulls last, entry_rank asc nulls last, type_number asc nulls last, event_us asc nulls last,
    entry_id asc nulls last
{%- endmacro %}

{#- Whether an entry comes after an order, or after a silence that ends a cart; `entry_order` names a window. -#}
{% macro begins_stretch(entry_order) -%}
    coalesce(
        lag(event_type) over {{ entry_order }} = 'purchase'
        or event_us - lag(event_us) over {{ entry_order }} > {{ cart_end_us() }}, false
    )
{%- endmacro %}

{#- CTEs over a relation of entries in stretches; the last one, `totalled`, says what is in the cart after each: of -#}
{#- its product, the change in that, and of all products. -#}
{% macro cart_contents(relation) -%}
stepped as (
    select
        *,
        case event_type
            when 'add_to_cart' then coalesce(quantity, {{ number('1') }})
            when 'remove_from_cart' then -coalesce(quantity, {{ number('1') }})
            else {{ number('0') }}
        end as step
    from {{ relation }}
),

summed as (
    select
        *,
        sum(step) over (
            partition by site, shopper_id, stretch_number, product_id
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        ) as running_sum
    from stepped
),

stacked as (
    select
        *,
        cast(running_sum - least(0, min(running_sum) over (
            partition by site, shopper_id, stretch_number, product_id
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        )) as decimal(18, 4)) as product_quantity
    from summed
),

changed as (
    select
        *,
        product_quantity - coalesce(lag(product_quantity) over (
            partition by site, shopper_id, stretch_number, product_id
            order by entry_number asc nulls last
        ), 0) as change_quantity
    from stacked
),

totalled as (
    select
        *,
        cast(sum(change_quantity) over (
            partition by site, shopper_id, stretch_number
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as cart_quantity
    from changed
)
{%- endmacro %}
