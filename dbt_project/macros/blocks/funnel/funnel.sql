{#- Steps of the funnel in their order. -#}
{% macro funnel_steps() %}
    {{ return([
        'session', 'product_view', 'add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment', 'purchase'
    ]) }}
{% endmacro %}
