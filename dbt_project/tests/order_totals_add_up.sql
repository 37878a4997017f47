{{ config(severity='warn') }}
select
    order_id,
    delivered_total_amount,
    delivered_gross_sales_amount - delivered_discount_amount + delivered_shipping_amount
    + delivered_other_charges_amount + delivered_tax_amount as sum_of_parts_amount
from {{ ref('orders') }}
where
    not is_incomplete
    and abs(
        delivered_gross_sales_amount - delivered_discount_amount + delivered_shipping_amount
        + delivered_other_charges_amount + delivered_tax_amount - delivered_total_amount
    ) > 0.01
