-- Due orders with all that came off them: what the money of a counted order is worth by its own day.
{% set zero = number('0') %}
with corrected as (
    select
        orders.order_id,
        orders.ordered_at,
        orders.order_date,
        orders.person_id,
        orders.site,
        orders.is_counted,
        orders.is_guest,
        orders.is_new_customer,
        orders.is_new_to_site,
        orders.is_cost_estimated,
        orders.unit_quantity,
        orders.gross_sales_amount,
        orders.converted_discount_amount as discount_amount,
        orders.converted_shipping_amount as shipping_amount,
        orders.converted_other_charges_amount as other_charges_amount,
        orders.converted_tax_amount as tax_amount,
        orders.converted_shipping_cost_amount as shipping_cost_amount,
        orders.cost_of_goods_amount,
        coalesce(corrections.returned_quantity, {{ zero }}) as returned_quantity,
        coalesce(corrections.returned_amount, {{ zero }}) as returned_amount,
        coalesce(corrections.cost_of_goods_returned_amount, {{ zero }}) as cost_of_goods_returned_amount,
        coalesce(corrections.return_handling_cost_amount, {{ zero }}) as return_handling_cost_amount,
        coalesce(corrections.sales_correction_amount, {{ zero }}) as sales_correction_amount,
        coalesce(corrections.shipping_refund_amount, {{ zero }}) as shipping_refund_amount,
        coalesce(corrections.charge_refund_amount, {{ zero }}) as charge_refund_amount,
        coalesce(corrections.tax_refund_amount, {{ zero }}) as tax_refund_amount,
        -- The default stands in only for a shop that names no service cost at all.
        case
            when not orders.is_counted then {{ zero }}
            when (select count(*) from {{ ref('int_service_contacts_converted') }}) = 0
                then {{ number(var('service_cost_per_order_amount')) }}
            else coalesce(corrections.service_cost_amount, {{ zero }})
        end as service_cost_amount,
        corrections.first_return_date
    from {{ ref('int_orders_converted') }} as orders
    left join {{ ref('int_order_corrections_summed') }} as corrections
        on orders.order_id = corrections.order_id
),

netted as (
    select
        *,
        cast(
            gross_sales_amount - discount_amount - sales_correction_amount - returned_amount as decimal(18, 4)
        ) as net_sales_amount,
        cast(
            gross_sales_amount - discount_amount + shipping_amount + other_charges_amount + tax_amount
            as decimal(18, 4)
        ) as total_amount
    from corrected
)

select
    *,
    cast(
        net_sales_amount + shipping_amount - shipping_refund_amount
        - (cost_of_goods_amount - cost_of_goods_returned_amount)
        - shipping_cost_amount - return_handling_cost_amount - service_cost_amount as decimal(18, 4)
    ) as contribution_amount
from netted
