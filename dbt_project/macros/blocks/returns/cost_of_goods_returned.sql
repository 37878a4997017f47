{#- What the goods of a part of a return had cost: the running number of units of its order and product decides, so -#}
{#- that never more than was sold comes back. Reads the part as converted and what was sold as sold. -#}
{% macro cost_of_goods_returned() -%}
    {%- set until = 'least(greatest(converted.returned_until, 0), sold.quantity)' -%}
    {%- set before = 'least(greatest(converted.returned_until - converted.quantity, 0), sold.quantity)' -%}
    case
        when converted.order_id is null
            then {{ money_product('converted.returned_amount', '1 - ' ~ number(var('margin_ratio'))) }}
        else coalesce(cast(
            {{ money_quotient(product('sold.cost_of_goods_amount', until), 'sold.quantity') }}
            - {{ money_quotient(product('sold.cost_of_goods_amount', before), 'sold.quantity') }}
            as decimal(18, 4)
        ), {{ number('0') }})
    end
{%- endmacro %}
