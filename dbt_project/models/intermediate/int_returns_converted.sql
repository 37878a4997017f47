-- Parts of return lines in the reporting currency, at the rate of their order's day where there is an order
-- (0 where it does not count), and what the goods that came back had cost: as sold and never more than that,
-- whatever comes back; by the margin where no order is known.
{% set units_until = 'least(greatest(converted.returned_until, 0), sold.quantity)' %}
{% set units_before = 'least(greatest(converted.returned_until - converted.quantity, 0), sold.quantity)' %}
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

converted as (
    select
        dated.*,
        rates.rate as exchange_rate,
        case when dated.is_counted then rates.rate else 0 end as sales_rate,
        -- Units of the order and product that have come back with this part.
        cast(sum(dated.quantity) over (
            partition by dated.order_id, dated.product_id
            order by
                dated.returned_at asc nulls last, dated.return_id asc nulls last,
                dated.line_number asc nulls last, dated.part_number asc nulls last
            rows between unbounded preceding and current row
        ) as decimal(18, 4)) as returned_until
    from dated
    inner join {{ ref('int_rates_found') }} as rates
        on dated.rate_date = rates.rate_date and dated.currency_code = rates.currency_code
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
    converted.refund_amount as delivered_refund_amount,
    converted.handling_cost_amount as delivered_handling_cost_amount,
    {{ money_product('converted.refund_amount', 'converted.sales_rate') }} as returned_amount,
    coalesce(
        {{ money_product('converted.handling_cost_amount', 'converted.sales_rate') }}, {{ number('0') }}
    ) as handling_cost_amount,
    case
        when converted.order_id is null
            then {{ money_product(
                money_product('converted.refund_amount', 'converted.sales_rate'),
                '1 - ' ~ number(var('margin_ratio'))
            ) }}
        else coalesce(cast(
            {{ money_quotient(product('sold.cost_of_goods_amount', units_until), 'sold.quantity') }}
            - {{ money_quotient(product('sold.cost_of_goods_amount', units_before), 'sold.quantity') }}
            as decimal(18, 4)
        ), {{ number('0') }})
    end as cost_of_goods_returned_amount,
    coalesce(sold.is_cost_estimated, true) as is_cost_estimated,
    converted.is_counted,
    converted.delivery_source,
    converted.delivery_date
from converted
left join {{ ref('int_order_products_costed') }} as sold
    on converted.order_id = sold.order_id and converted.product_id = sold.product_id
