-- What the goods of a line cost: by the line itself, else by its product, else by the margin default.
with priced as (
    select
        lines.*,
        {{ money_product('lines.quantity', 'products.unit_cost_amount') }} as delivered_product_cost_amount,
        case
            when not lines.is_counted then {{ rate_number('0') }}
            when products.currency_code is null then {{ rate_number('1') }}
            else rates.rate
        end as product_rate
    from {{ ref('int_order_lines_converted') }} as lines
    left join {{ ref('stg_products') }} as products on lines.product_id = products.product_id
    left join {{ ref('int_rates_found') }} as rates
        on lines.order_date = rates.rate_date and products.currency_code = rates.currency_code
)

select
    order_id,
    line_number,
    coalesce(
        line_cost_amount,
        {{ at_rate('delivered_product_cost_amount', 'product_rate') }},
        {{ money_product('gross_sales_amount - discount_amount', '1 - ' ~ number(var('margin_ratio'))) }}
    ) as cost_of_goods_amount,
    case
        when line_cost_amount is not null then 'line'
        when delivered_product_cost_amount is not null then 'product'
        else 'margin'
    end as cost_source
from priced
