-- Parts of return lines in the reporting currency, at the rate of their order's day where there is an order
-- (0 where it does not count), and what the goods that came back had cost: as sold, else by the margin.
with dated as (
    select
        parts.*,
        returns.person_id,
        returns.customer_id,
        returns.named_order_id,
        returns.site,
        returns.product_id,
        returns.returned_at,
        returns.return_date,
        returns.reason,
        returns.currency_code,
        returns.delivery_source,
        returns.delivery_date,
        orders.order_date,
        coalesce(orders.site, returns.site) as sale_site,
        coalesce(orders.is_counted, true) as is_counted,
        coalesce(orders.order_date, returns.return_date) as rate_date
    from {{ ref('int_returns_split') }} as parts
    inner join {{ ref('int_returns_dated') }} as returns
        on parts.return_id = returns.return_id and parts.line_number = returns.line_number
    left join {{ ref('int_orders_identified') }} as orders on parts.order_id = orders.order_id
),

sold as (
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
),

rated as (
    select
        dated.*,
        rates.rate as exchange_rate,
        case when dated.is_counted then rates.rate else 0 end as sales_rate
    from dated
    inner join {{ ref('int_rates_found') }} as rates
        on dated.rate_date = rates.rate_date and dated.currency_code = rates.currency_code
),

converted as (
    select
        rated.*,
        rated.refund_amount is null as is_priced_later,
        coalesce(
            {{ money_product('rated.refund_amount', 'rated.sales_rate') }},
            priced.paid_amount,
            {{ number('0') }}
        ) as returned_amount
    from rated
    left join {{ ref('int_returns_priced') }} as priced
        on
            rated.return_id = priced.return_id
            and rated.line_number = priced.line_number
            and rated.part_number = priced.part_number
)

select
    converted.return_id,
    converted.line_number,
    converted.part_number,
    converted.named_order_id,
    converted.order_id,
    converted.match_kind,
    converted.customer_id,
    converted.person_id,
    converted.site,
    converted.sale_site,
    converted.product_id,
    converted.returned_at,
    converted.return_date,
    converted.order_date,
    converted.reason,
    converted.currency_code,
    converted.exchange_rate,
    converted.quantity,
    coalesce(converted.refund_amount, {{ number('0') }}) as delivered_refund_amount,
    converted.handling_cost_amount as delivered_handling_cost_amount,
    converted.returned_amount,
    coalesce(
        {{ money_product('converted.handling_cost_amount', 'converted.sales_rate') }}, {{ number('0') }}
    ) as handling_cost_amount,
    coalesce(
        {{ money_quotient(product('sold.cost_of_goods_amount', 'converted.quantity'), 'sold.quantity') }},
        {{ money_product('converted.returned_amount', '1 - ' ~ number(var('margin_ratio'))) }}
    ) as cost_of_goods_returned_amount,
    coalesce(sold.is_cost_estimated, true) as is_cost_estimated,
    converted.is_priced_later,
    converted.is_counted,
    converted.delivery_source,
    converted.delivery_date
from converted
left join sold
    on converted.order_id = sold.order_id and converted.product_id = sold.product_id
