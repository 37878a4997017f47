-- Returns, adjustments and service contacts of a person that belong to no order in the data.
with corrections as (
    select
        person_id,
        returned_amount,
        {{ number('0') }} as sales_correction_amount,
        cast(
            cost_of_goods_returned_amount - returned_amount - handling_cost_amount as decimal(18, 4)
        ) as contribution_amount,
        1 as is_cost_estimated
    from {{ ref('int_returns_converted') }}
    where order_id is null
    union all
    select
        person_id,
        0,
        case when is_sales_correction then converted_amount else 0 end,
        case when is_sales_correction or kind = 'shipping_refund' then -converted_amount else 0 end,
        0
    from {{ ref('int_adjustments_converted') }}
    where order_id is null
    union all
    select
        person_id,
        0,
        0,
        -service_cost_amount,
        0
    from {{ ref('int_service_contacts_converted') }}
    where order_id is null
)

select
    person_id,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(sales_correction_amount) as decimal(18, 4)) as sales_correction_amount,
    cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount,
    max(is_cost_estimated) = 1 as is_cost_estimated
from corrections
where person_id is not null
group by person_id
