-- Headers of due orders in the reporting currency, with what their lines add up to; at a rate of 0 where the
-- order does not count.
with rated as (
    select
        orders.*,
        rates.rate as exchange_rate,
        case when orders.is_counted then rates.rate else 0 end as sales_rate,
        rates.reporting_currency_code
    from {{ ref('int_orders_identified') }} as orders
    inner join {{ ref('int_rates_found') }} as rates
        on orders.order_date = rates.rate_date and orders.currency_code = rates.currency_code
),

refused as (
    select
        document_id as order_id,
        max(delivery_date) as last_refused_date
    from {{ source('raw', 'rejected_rows') }}
    where table_name <> 'returns' and document_id is not null
    group by document_id
)

select
    rated.*,
    coalesce(goods.line_count, 0) as line_count,
    coalesce(goods.unit_quantity, {{ number('0') }}) as unit_quantity,
    coalesce(goods.delivered_gross_sales_amount, {{ number('0') }}) as delivered_gross_sales_amount,
    cast(
        rated.discount_amount + coalesce(goods.delivered_line_discount_amount, 0) as decimal(18, 4)
    ) as delivered_discount_amount,
    coalesce(goods.gross_sales_amount, {{ number('0') }}) as gross_sales_amount,
    cast(
        {{ at_rate('rated.discount_amount', 'rated.sales_rate') }}
        + coalesce(goods.line_discount_amount, 0) as decimal(18, 4)
    ) as converted_discount_amount,
    {{ at_rate('rated.shipping_amount', 'rated.sales_rate') }} as converted_shipping_amount,
    {{ at_rate('rated.other_charges_amount', 'rated.sales_rate') }} as converted_other_charges_amount,
    {{ at_rate('rated.tax_amount', 'rated.sales_rate') }} as converted_tax_amount,
    coalesce(
        {{ at_rate('rated.shipping_cost_amount', 'rated.sales_rate') }},
        case
            when rated.is_counted then {{ number(var('shipping_cost_per_order_amount')) }}
            else {{ number('0') }}
        end
    ) as converted_shipping_cost_amount,
    coalesce(goods.cost_of_goods_amount, {{ number('0') }}) as cost_of_goods_amount,
    coalesce(goods.is_cost_estimated, false) as is_cost_estimated,
    -- A row of this version, or of a later one, was refused; or its lines do not add up to its total.
    not totals.is_tied
    or coalesce(
        refused.last_refused_date >= coalesce(goods.first_delivery_date, rated.delivery_date), false
    ) as is_incomplete
from rated
left join {{ ref('int_order_goods_summed') }} as goods on rated.order_id = goods.order_id
inner join {{ ref('int_order_totals_compared') }} as totals on rated.order_id = totals.order_id
left join refused on rated.order_id = refused.order_id
