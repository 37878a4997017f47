{#- What parts of returns add up to: those of a known order, and apart from them those of none. -#}
{% macro returned_figures() -%}
    count(distinct case when order_id is not null then return_id end) as return_count,
        cast(sum(case when order_id is not null then quantity else 0 end) as decimal(18, 4))
            as returned_quantity,
        cast(sum(case when order_id is not null then returned_amount else 0 end) as decimal(18, 4))
            as returned_amount,
        cast(sum(case when order_id is not null then cost_of_goods_returned_amount else 0 end) as decimal(18, 4))
            as cost_of_goods_returned_amount,
        cast(sum(case when order_id is not null then handling_cost_amount else 0 end) as decimal(18, 4))
            as handling_cost_amount,
        count(distinct case when order_id is null then return_id end) as unmatched_return_count,
        cast(sum(case when order_id is null then quantity else 0 end) as decimal(18, 4))
            as unmatched_returned_quantity,
        cast(sum(case when order_id is null then returned_amount else 0 end) as decimal(18, 4))
            as unmatched_returned_amount,
        cast(sum(case when order_id is null then cost_of_goods_returned_amount else 0 end) as decimal(18, 4))
            as unmatched_cost_of_goods_returned_amount,
        cast(sum(case when order_id is null then handling_cost_amount else 0 end) as decimal(18, 4))
            as unmatched_handling_cost_amount
{%- endmacro %}
