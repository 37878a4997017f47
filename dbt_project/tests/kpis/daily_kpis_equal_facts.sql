with facts as (
    select
        count(case when is_counted then 1 end) as order_count,
        sum(gross_sales_amount) as gross_sales_amount,
        sum(discount_amount) as discount_amount,
        sum(shipping_amount) as shipping_amount,
        sum(other_charges_amount) as other_charges_amount,
        sum(tax_amount) as tax_amount
    from {{ ref('order_facts') }}
),

returned as (
    select
        coalesce(sum(returned_amount), 0) as returned_amount,
        coalesce(sum(returned_tax_amount), 0) as returned_tax_amount
    from {{ ref('returns') }}
),

adjusted as (
    select
        coalesce(sum(case when is_sales_correction then adjusted_amount end), 0) as sales_correction_amount,
        coalesce(sum(case when kind = 'shipping_refund' then adjusted_amount end), 0)
            as shipping_refund_amount,
        coalesce(sum(case when kind = 'charge_refund' then adjusted_amount end), 0) as charge_refund_amount,
        coalesce(sum(case when kind not in ('shop_cost', 'bad_debt') then adjusted_tax_amount end), 0)
            as adjusted_tax_amount,
        coalesce(sum(case when kind in ('shop_cost', 'bad_debt') then adjusted_amount end), 0) as cost_amount
    from {{ ref('adjustments') }}
),

days as (
    select
        sum(order_count) as order_count,
        sum(gross_sales_amount) as gross_sales_amount,
        sum(returned_amount) as returned_amount,
        sum(net_sales_amount) as net_sales_amount,
        sum(net_sales_by_order_date_amount) as net_sales_by_order_date_amount,
        sum(total_sales_amount) as total_sales_amount,
        sum(tax_refund_amount) as tax_refund_amount,
        sum(shop_cost_amount + bad_debt_amount) as cost_amount
    from {{ ref('daily_kpis') }}
    where site = '(all)'
),

expected as (
    select
        *,
        coalesce(gross_sales_amount - discount_amount, 0)
        - sales_correction_amount
        - returned_amount as net_sales,
        coalesce(tax_amount + shipping_amount + other_charges_amount, 0)
        - shipping_refund_amount - charge_refund_amount
        - returned_tax_amount - adjusted_tax_amount as beside_sales,
        returned_tax_amount + adjusted_tax_amount as tax_refund
    from facts
    cross join returned
    cross join adjusted
)

select
    days.*,
    expected.net_sales
from days
cross join expected
where
    days.order_count <> expected.order_count
    or days.gross_sales_amount <> coalesce(expected.gross_sales_amount, 0)
    or days.returned_amount <> expected.returned_amount
    or days.net_sales_amount <> expected.net_sales
    or days.net_sales_by_order_date_amount <> expected.net_sales
    or days.total_sales_amount <> expected.net_sales + expected.beside_sales
    or days.tax_refund_amount <> expected.tax_refund
    or days.cost_amount <> expected.cost_amount
