{% set zero = number('0') %}
with listed as (
    select product_id from {{ ref('stg_products') }}
    union
    select product_id from {{ ref('int_order_lines_converted') }}
    union
    select product_id from {{ ref('int_returns_converted') }}
),

sold as (
    select
        product_id,
        min(order_date) as first_sold_date,
        max(order_date) as last_sold_date,
        cast(sum(quantity) as decimal(18, 4)) as sold_quantity,
        cast(sum(gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
        cast(sum(discount_amount) as decimal(18, 4)) as discount_amount
    from {{ ref('int_order_lines_converted') }}
    where is_counted
    group by product_id
),

returned as (
    select
        product_id,
        cast(sum(quantity) as decimal(18, 4)) as returned_quantity,
        cast(sum(returned_amount) as decimal(18, 4)) as returned_amount
    from {{ ref('int_returns_converted') }}
    where is_counted
    group by product_id
)

select
    listed.product_id,
    products.name as product_name,
    products.category,
    products.brand,
    products.size,
    products.currency_code,
    sold.first_sold_date,
    sold.last_sold_date,
    products.unit_cost_amount as delivered_unit_cost_amount,
    products.list_price_amount as delivered_list_price_amount,
    products.stock_quantity,
    products.delivery_date as listed_date,
    {{ if_told('coalesce(sold_quantity, ' ~ zero ~ ')', ['has_order_lines']) }} as sold_quantity,
    {{ if_told('coalesce(returned_quantity, ' ~ zero ~ ')', ['has_returns']) }} as returned_quantity,
    {{ if_told('coalesce(gross_sales_amount, ' ~ zero ~ ')', ['has_order_lines']) }} as gross_sales_amount,
    {{ if_told('coalesce(discount_amount, ' ~ zero ~ ')', ['has_order_lines']) }} as discount_amount,
    {{ if_told('coalesce(returned_amount, ' ~ zero ~ ')', ['has_returns']) }} as returned_amount,
    products.product_id is not null as is_listed
from listed
inner join {{ ref('int_sites_told') }} as told on told.site = '(all)'
left join {{ ref('stg_products') }} as products on listed.product_id = products.product_id
left join sold on listed.product_id = sold.product_id
left join returned on listed.product_id = returned.product_id
