{#- What parts of returns add up to: those of a known order, and apart from them those of none. -#}
{% macro returned_figures() -%}
    {% for prefix, holds in [('', 'order_id is not null'), ('unmatched_', 'order_id is null')] -%}
        count(distinct case when {{ holds }} then return_id end) as {{ prefix }}return_count,
        {% for name, amount in [
            ('returned_quantity', 'quantity'), ('returned_amount', 'returned_amount'),
            ('cost_of_goods_returned_amount', 'cost_of_goods_returned_amount'),
            ('handling_cost_amount', 'handling_cost_amount')
        ] -%}
            cast(sum(case when {{ holds }} then {{ amount }} else 0 end) as decimal(18, 4)) as {{ prefix }}{{ name }}
            {{- ',' if not loop.last }}
        {% endfor -%}
        {{- ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}
