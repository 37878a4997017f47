{% set figures = [
    'returned_quantity', 'returned_amount', 'handling_cost_amount', 'unmatched_returned_quantity',
    'unmatched_returned_amount', 'unmatched_handling_cost_amount'
] %}
with products as (
    select
        site,
        month_start_date,
        coalesce(product_id, '(all)') as product_id,
        {% for name in figures -%}
            sum({{ name }}) as {{ name }},
        {% endfor -%}
        sum(net_contribution_amount - contribution_before_returns_amount) as net_contribution_amount
    from {{ ref('product_returns') }}
    group by grouping sets ((site, month_start_date, product_id), (site, month_start_date))
),

reasons as (
    select
        site,
        month_start_date,
        product_id,
        {% for name in figures -%}
            sum({{ name }}) as {{ name }},
        {% endfor -%}
        sum(net_contribution_amount) as net_contribution_amount
    from {{ ref('return_reasons') }}
    group by site, month_start_date, product_id
)

select
    products.site,
    products.month_start_date,
    products.product_id
from products
full outer join reasons
    on
        products.site = reasons.site
        and products.month_start_date = reasons.month_start_date
        and products.product_id = reasons.product_id
where
    products.site is null
    {% for name in ['net_contribution_amount'] + figures -%}
        or products.{{ name }} <> coalesce(reasons.{{ name }}, 0)
    {% endfor %}
