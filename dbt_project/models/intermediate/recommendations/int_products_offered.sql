-- What can be recommended on a site: bought there lately, not out of stock, and not sold at a loss.
{% set zero = number('0') %}
with sold as (
    select
        site,
        product_id,
        max(order_date) as last_sold_date
    from {{ ref('int_order_lines_converted') }}
    where is_counted and quantity > 0 and order_date > {{ add_days(as_of_date(), -90) }}
    group by site, product_id
),

earned as (
    select
        lines.product_id,
        cast(
            sum(lines.gross_sales_amount - lines.discount_amount - costs.cost_of_goods_amount)
            as decimal(18, 4)
        ) as margin_amount
    from {{ ref('int_order_lines_converted') }} as lines
    inner join {{ ref('int_order_lines_costed') }} as costs
        on lines.order_id = costs.order_id and lines.line_number = costs.line_number
    where lines.is_counted and lines.order_date > {{ add_days(as_of_date(), -365) }}
    group by lines.product_id
)

select
    sold.site,
    sold.product_id,
    products.category,
    sold.last_sold_date
from sold
inner join earned on sold.product_id = earned.product_id
left join {{ ref('stg_products') }} as products on sold.product_id = products.product_id
where earned.margin_amount >= {{ zero }} and coalesce(products.stock_quantity > {{ zero }}, true)
