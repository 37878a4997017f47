-- What the lines of an order add up to.
select
    lines.order_id,
    count(*) as line_count,
    cast(sum(lines.quantity) as decimal(18, 4)) as unit_quantity,
    cast(sum(lines.order_currency_gross_sales_amount) as decimal(18, 4)) as delivered_gross_sales_amount,
    cast(sum(lines.order_currency_discount_amount) as decimal(18, 4)) as delivered_line_discount_amount,
    cast(sum(lines.gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
    cast(sum(lines.discount_amount) as decimal(18, 4)) as line_discount_amount,
    cast(sum(costs.cost_of_goods_amount) as decimal(18, 4)) as cost_of_goods_amount,
    max(case when costs.cost_source = 'margin' then 1 else 0 end) = 1 as is_cost_estimated,
    min(lines.delivery_date) as first_delivery_date
from {{ ref('int_order_lines_converted') }} as lines
inner join {{ ref('int_order_lines_costed') }} as costs
    on lines.order_id = costs.order_id and lines.line_number = costs.line_number
group by lines.order_id
