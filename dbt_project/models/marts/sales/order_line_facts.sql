select
    lines.order_id,
    lines.line_number,
    lines.product_id,
    lines.site,
    lines.currency_code,
    lines.order_date,
    lines.exchange_rate,
    lines.quantity,
    lines.delivered_unit_price_amount,
    lines.delivered_gross_sales_amount,
    lines.delivered_discount_amount,
    lines.gross_sales_amount,
    lines.discount_amount,
    costs.cost_of_goods_amount,
    costs.cost_source,
    lines.is_counted,
    costs.cost_source = 'margin' as is_cost_estimated
from {{ ref('int_order_lines_converted') }} as lines
inner join {{ ref('int_order_lines_costed') }} as costs
    on lines.order_id = costs.order_id and lines.line_number = costs.line_number
