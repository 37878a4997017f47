-- What returns, adjustments and service contacts take off an order, whenever they came.
with corrections as (
    select
        order_id,
        return_date,
        quantity as returned_quantity,
        returned_amount,
        cost_of_goods_returned_amount,
        handling_cost_amount as return_handling_cost_amount,
        {{ number('0') }} as sales_correction_amount,
        {{ number('0') }} as shipping_refund_amount,
        {{ number('0') }} as charge_refund_amount,
        returned_tax_amount as tax_refund_amount,
        {{ number('0') }} as service_cost_amount
    from {{ ref('int_returns_converted') }}
    where order_id is not null
    union all
    select
        order_id,
        null,
        0,
        0,
        0,
        0,
        case when is_sales_correction then converted_amount else 0 end,
        case when kind = 'shipping_refund' then converted_amount else 0 end,
        case when kind = 'charge_refund' then converted_amount else 0 end,
        case when is_cost then 0 else converted_tax_amount end,
        0
    from {{ ref('int_adjustments_converted') }}
    where order_id is not null
    union all
    select
        order_id,
        null,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        service_cost_amount
    from {{ ref('int_service_contacts_converted') }}
    where order_id is not null
)

select
    order_id,
    min(return_date) as first_return_date,
    cast(sum(returned_quantity) as decimal(18, 4)) as returned_quantity,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(cost_of_goods_returned_amount) as decimal(18, 4)) as cost_of_goods_returned_amount,
    cast(sum(return_handling_cost_amount) as decimal(18, 4)) as return_handling_cost_amount,
    cast(sum(sales_correction_amount) as decimal(18, 4)) as sales_correction_amount,
    cast(sum(shipping_refund_amount) as decimal(18, 4)) as shipping_refund_amount,
    cast(sum(charge_refund_amount) as decimal(18, 4)) as charge_refund_amount,
    cast(sum(tax_refund_amount) as decimal(18, 4)) as tax_refund_amount,
    cast(sum(service_cost_amount) as decimal(18, 4)) as service_cost_amount
from corrections
group by order_id
