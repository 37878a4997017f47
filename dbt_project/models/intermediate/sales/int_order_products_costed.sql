-- What one order sold of one product, all its lines together, and what that had cost.
select
    lines.order_id,
    lines.product_id,
    cast(sum(lines.quantity) as decimal(18, 4)) as quantity,
    cast(sum(costs.cost_of_goods_amount) as decimal(18, 4)) as cost_of_goods_amount,
    max(case when costs.cost_source = 'margin' then 1 else 0 end) = 1 as is_cost_estimated
from {{ ref('int_order_lines_converted') }} as lines
inner join {{ ref('int_order_lines_costed') }} as costs
    on lines.order_id = costs.order_id and lines.line_number = costs.line_number
group by lines.order_id, lines.product_id
