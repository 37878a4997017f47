{% set zero = number('0') %}
with lines as (
    select
        *,
        {{ month_start('order_date') }} as month_start_date
    from {{ ref('order_line_facts') }}
    where is_counted
),

sold as (
    select
        coalesce(site, '(all)') as site,
        month_start_date,
        product_id,
        cast(sum(quantity) as decimal(18, 4)) as sold_quantity,
        cast(sum(gross_sales_amount - discount_amount) as decimal(18, 4)) as sold_amount,
        cast(sum(cost_of_goods_amount) as decimal(18, 4)) as cost_of_goods_amount
    from lines
    group by grouping sets ((site, month_start_date, product_id), (month_start_date, product_id))
),

parts as (
    select
        *,
        {{ month_start('coalesce(order_date, return_date)') }} as month_start_date
    from {{ ref('int_returns_converted') }}
    where is_counted
),

returned as (
    select
        coalesce(sale_site, '(all)') as site,
        month_start_date,
        product_id,
        {{ returned_figures() }}
    from parts
    group by grouping sets ((sale_site, month_start_date, product_id), (month_start_date, product_id))
),

joined as (
    select
        coalesce(sold.site, returned.site) as site,
        coalesce(sold.month_start_date, returned.month_start_date) as month_start_date,
        coalesce(sold.product_id, returned.product_id) as product_id,
        coalesce(sold_quantity, {{ zero }}) as sold_quantity,
        coalesce(sold_amount, {{ zero }}) as sold_amount,
        coalesce(cost_of_goods_amount, {{ zero }}) as cost_of_goods_amount,
        coalesce(returned_quantity, {{ zero }}) as returned_quantity,
        coalesce(returned_amount, {{ zero }}) as returned_amount,
        coalesce(cost_of_goods_returned_amount, {{ zero }}) as cost_of_goods_returned_amount,
        coalesce(handling_cost_amount, {{ zero }}) as handling_cost_amount,
        coalesce(unmatched_returned_quantity, {{ zero }}) as unmatched_returned_quantity,
        coalesce(unmatched_returned_amount, {{ zero }}) as unmatched_returned_amount,
        coalesce(unmatched_cost_of_goods_returned_amount, {{ zero }})
            as unmatched_cost_of_goods_returned_amount,
        coalesce(unmatched_handling_cost_amount, {{ zero }}) as unmatched_handling_cost_amount,
        coalesce(return_count, 0) as return_count,
        coalesce(unmatched_return_count, 0) as unmatched_return_count
    from sold
    full outer join returned
        on
            sold.site = returned.site
            and sold.month_start_date = returned.month_start_date
            and sold.product_id = returned.product_id
)

select
    joined.site,
    joined.month_start_date,
    joined.product_id,
    products.name as product_name,
    products.category,
    joined.sold_quantity,
    joined.sold_amount,
    joined.cost_of_goods_amount,
    joined.return_count,
    joined.returned_quantity,
    joined.returned_amount,
    joined.cost_of_goods_returned_amount,
    joined.handling_cost_amount,
    {{ ratio('joined.returned_amount', 'joined.sold_amount') }} as return_ratio,
    {{ ratio('joined.returned_quantity', 'joined.sold_quantity') }} as returned_unit_ratio,
    joined.returned_amount > joined.sold_amount or joined.returned_quantity > joined.sold_quantity
        as has_more_returned,
    cast(joined.sold_amount - joined.cost_of_goods_amount as decimal(18, 4))
        as contribution_before_returns_amount,
    cast(
        joined.sold_amount - joined.cost_of_goods_amount - joined.returned_amount
        + joined.cost_of_goods_returned_amount - joined.handling_cost_amount as decimal(18, 4)
    ) as net_contribution_amount,
    joined.unmatched_return_count,
    joined.unmatched_returned_quantity,
    joined.unmatched_returned_amount,
    joined.unmatched_cost_of_goods_returned_amount,
    joined.unmatched_handling_cost_amount,
    {{ day_diff(month_end('joined.month_start_date'), as_of_date()) }} >= 30 as is_return_ratio_mature
from joined
left join {{ ref('stg_products') }} as products on joined.product_id = products.product_id
