{#- An amount of a line in the currency of its order: as delivered, or by way of the reporting currency. -#}
{#- Reads currency_code, exchange_rate and both of the order. -#}
{% macro in_order_currency(amount) -%}
    case
        when currency_code = order_currency_code then {{ amount }}
        else {{ at_rates(amount, 'exchange_rate', 'order_exchange_rate') }}
    end
{%- endmacro %}
