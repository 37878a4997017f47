-- Parts of return lines in the reporting currency, at the rate of their order's day where there is an order
-- (0 where it does not count), and what the goods that came back had cost: as sold and never more than that,
-- whatever comes back; by the margin where no order is known.
{% set zero = number('0') %}
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
        rates.rate as exchange_rate,
        case when coalesce(orders.is_counted, true) then rates.rate else 0 end as sales_rate,
        -- Units of the order and product that have come back with this part.
        cast(sum(parts.quantity) over (
            partition by parts.order_id, returns.product_id
            order by
                returns.returned_at asc nulls last, parts.return_id asc nulls last,
                parts.line_number asc nulls last, parts.part_number asc nulls last
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as returned_until
    from {{ ref('int_returns_split') }} as parts
    inner join {{ ref('int_returns_dated') }} as returns
        on parts.return_id = returns.return_id and parts.line_number = returns.line_number
    left join {{ ref('int_orders_identified') }} as orders on parts.order_id = orders.order_id
    inner join {{ ref('int_rates_found') }} as rates
        on
            coalesce(orders.order_date, returns.return_date) = rates.rate_date
            and returns.currency_code = rates.currency_code
),

converted as (
    select
        dated.*,
        dated.refund_amount is null as is_priced_later,
        coalesce(
            {{ at_rate('dated.refund_amount', 'dated.sales_rate') }}, priced.paid_amount, {{ zero }}
        ) as returned_amount,
        coalesce(
            {{ at_rate('dated.tax_amount', 'dated.sales_rate') }}, priced.paid_tax_amount, {{ zero }}
        ) as returned_tax_amount
    from dated
    left join {{ ref('int_returns_priced') }} as priced
        on
            dated.return_id = priced.return_id
            and dated.line_number = priced.line_number
            and dated.part_number = priced.part_number
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
    coalesce(converted.refund_amount, {{ zero }}) as delivered_refund_amount,
    converted.tax_amount as delivered_tax_amount,
    converted.handling_cost_amount as delivered_handling_cost_amount,
    converted.returned_amount,
    converted.returned_tax_amount,
    coalesce({{ at_rate('converted.handling_cost_amount', 'converted.sales_rate') }}, {{ zero }})
        as handling_cost_amount,
    {{ cost_of_goods_returned() }} as cost_of_goods_returned_amount,
    coalesce(sold.is_cost_estimated, true) as is_cost_estimated,
    converted.is_priced_later,
    converted.is_counted,
    converted.delivery_source,
    converted.delivery_date
from converted
left join {{ ref('int_order_products_costed') }} as sold
    on converted.order_id = sold.order_id and converted.product_id = sold.product_id
