with facts as (
    select
        coalesce(sum(quantity), 0) as sold_quantity,
        coalesce(sum(gross_sales_amount - discount_amount), 0) as sold_amount,
        coalesce(sum(gross_sales_amount - discount_amount - cost_of_goods_amount), 0)
            as contribution_before_returns_amount
    from {{ ref('order_line_facts') }}
    where is_counted
),

returned as (
    select
        {% for prefix, holds in [('', 'order_id is not null'), ('unmatched_', 'order_id is null')] -%}
            coalesce(sum(case when {{ holds }} then quantity end), 0) as {{ prefix }}returned_quantity,
            coalesce(sum(case when {{ holds }} then returned_amount end), 0) as {{ prefix }}returned_amount,
            coalesce(sum(case when {{ holds }} then handling_cost_amount end), 0)
                as {{ prefix }}handling_cost_amount,
        {% endfor -%}
        coalesce(sum(case when order_id is not null then cost_of_goods_returned_amount end), 0)
            as cost_of_goods_returned_amount
    from {{ ref('returns') }}
    where is_counted
),

shown as (
    select
        site = '(all)' as is_all_sites,
        {% for name in [
            'sold_quantity', 'sold_amount', 'contribution_before_returns_amount', 'returned_quantity',
            'returned_amount', 'handling_cost_amount', 'unmatched_returned_quantity', 'unmatched_returned_amount',
            'unmatched_handling_cost_amount'
        ] -%}
            sum({{ name }}) as {{ name }},
        {% endfor -%}
        sum(net_contribution_amount - contribution_before_returns_amount) as returns_contribution_amount
    from {{ ref('product_returns') }}
    group by is_all_sites
)

select shown.*
from shown
cross join facts
cross join returned
where
    shown.returns_contribution_amount
    <> returned.cost_of_goods_returned_amount - returned.returned_amount - returned.handling_cost_amount
    {% for name in ['sold_quantity', 'sold_amount', 'contribution_before_returns_amount'] -%}
        or shown.{{ name }} <> facts.{{ name }}
    {% endfor %}
    {% for name in ['returned_quantity', 'returned_amount', 'handling_cost_amount'] -%}
        or shown.{{ name }} <> returned.{{ name }}
        or shown.unmatched_{{ name }} <> returned.unmatched_{{ name }}
    {% endfor %}
