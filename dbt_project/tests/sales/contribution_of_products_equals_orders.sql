with products as (
    select coalesce(sum(net_contribution_amount), 0) as contribution_amount
    from {{ ref('product_returns') }}
    where site = '(all)'
),

line_discounts as (
    select coalesce(sum(discount_amount), 0) as discount_amount from {{ ref('order_line_facts') }}
),

whole_orders as (
    select
        coalesce(sum(contribution_amount), 0) as contribution_amount,
        coalesce(sum(
            discount_amount + sales_correction_amount
            + shipping_refund_amount + shipping_cost_amount - shipping_amount + service_cost_amount
        ), 0) as beside_goods_amount
    from {{ ref('order_facts') }}
)

select products.contribution_amount
from products
cross join line_discounts
cross join whole_orders
where
    products.contribution_amount
    <> whole_orders.contribution_amount + whole_orders.beside_goods_amount - line_discounts.discount_amount
