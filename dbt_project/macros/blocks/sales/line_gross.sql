{#- The price of a whole line before discounts: as given, else quantity times unit price. -#}
{% macro line_gross(prefix='') -%}
    coalesce({{ prefix }}gross_amount, {{ money_product(prefix ~ 'quantity', prefix ~ 'unit_price_amount') }})
{%- endmacro %}
