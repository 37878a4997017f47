-- Corrections that are no returned goods, per local day and site, by what they correct.
select
    site,
    adjustment_date as kpi_date,
    cast(sum(case when is_sales_correction then converted_amount else 0 end) as decimal(18, 4))
        as sales_correction_amount,
    cast(
        sum(case when is_sales_correction and order_id is null then converted_amount else 0 end)
        as decimal(18, 4)
    ) as unlinked_sales_correction_amount,
    cast(sum(case when kind = 'shipping_refund' then converted_amount else 0 end) as decimal(18, 4))
        as shipping_refund_amount,
    cast(sum(case when kind = 'charge_refund' then converted_amount else 0 end) as decimal(18, 4))
        as charge_refund_amount,
    cast(sum(case when is_cost then 0 else converted_tax_amount end) as decimal(18, 4)) as tax_refund_amount,
    cast(sum(case when kind = 'shop_cost' then converted_amount else 0 end) as decimal(18, 4))
        as shop_cost_amount,
    cast(sum(case when kind = 'bad_debt' then converted_amount else 0 end) as decimal(18, 4))
        as bad_debt_amount
from {{ ref('int_adjustments_converted') }}
where is_counted
group by site, adjustment_date
