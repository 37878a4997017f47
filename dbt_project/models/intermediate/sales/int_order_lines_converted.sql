-- Lines of due orders in the reporting currency, rounded line by line. An order that does not count has no
-- sales and no costs: it is converted at a rate of 0.
with dated as (
    select
        lines.*,
        orders.person_id,
        orders.site,
        orders.order_date,
        orders.is_counted,
        rates.rate as exchange_rate,
        orders.currency_code as order_currency_code,
        order_rates.rate as order_exchange_rate,
        case when orders.is_counted then rates.rate else 0 end as sales_rate,
        {{ line_gross('lines.') }} as delivered_gross_sales_amount,
        {{ money_product('lines.quantity', 'lines.unit_cost_amount') }} as delivered_cost_amount
    from {{ ref('stg_order_lines') }} as lines
    inner join {{ ref('int_orders_identified') }} as orders on lines.order_id = orders.order_id
    inner join {{ ref('int_rates_found') }} as rates
        on orders.order_date = rates.rate_date and lines.currency_code = rates.currency_code
    inner join {{ ref('int_rates_found') }} as order_rates
        on orders.order_date = order_rates.rate_date and orders.currency_code = order_rates.currency_code
)

select
    order_id,
    line_number,
    product_id,
    person_id,
    site,
    order_date,
    currency_code,
    exchange_rate,
    quantity,
    coalesce(unit_price_amount, {{ money_quotient('gross_amount', 'quantity') }})
        as delivered_unit_price_amount,
    delivered_gross_sales_amount,
    discount_amount as delivered_discount_amount,
    {{ in_order_currency('delivered_gross_sales_amount') }} as order_currency_gross_sales_amount,
    {{ in_order_currency('discount_amount') }} as order_currency_discount_amount,
    {{ at_rate('delivered_gross_sales_amount', 'sales_rate') }} as gross_sales_amount,
    {{ at_rate('discount_amount', 'sales_rate') }} as discount_amount,
    {{ at_rate('delivered_cost_amount', 'sales_rate') }} as line_cost_amount,
    is_counted,
    delivery_source,
    delivery_date
from dated
