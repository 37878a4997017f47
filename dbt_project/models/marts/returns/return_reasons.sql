with parts as (
    select
        *,
        coalesce(reason, '(unknown)') as told_reason,
        {{ month_start('coalesce(order_date, return_date)') }} as month_start_date
    from {{ ref('int_returns_converted') }}
    where is_counted
),

returned as (
    select
        coalesce(sale_site, '(all)') as site,
        month_start_date,
        coalesce(product_id, '(all)') as product_id,
        told_reason as reason,
        {{ returned_figures() }}
    from parts
    group by
        grouping sets (
            (sale_site, month_start_date, product_id, told_reason),
            (month_start_date, product_id, told_reason),
            (sale_site, month_start_date, told_reason),
            (month_start_date, told_reason)
        )
),

sold as (
    select
        site,
        month_start_date,
        coalesce(product_id, '(all)') as product_id,
        cast(sum(sold_quantity) as decimal(18, 4)) as sold_quantity,
        cast(sum(sold_amount) as decimal(18, 4)) as sold_amount
    from {{ ref('product_returns') }}
    group by grouping sets ((site, month_start_date, product_id), (site, month_start_date))
)

select
    returned.site,
    returned.month_start_date,
    returned.product_id,
    products.name as product_name,
    products.category,
    returned.reason,
    sold.sold_quantity,
    sold.sold_amount,
    returned.return_count,
    returned.returned_quantity,
    returned.returned_amount,
    returned.cost_of_goods_returned_amount,
    returned.handling_cost_amount,
    {{ ratio('returned.returned_amount', 'sold.sold_amount') }} as return_ratio,
    {{ ratio('returned.returned_quantity', 'sold.sold_quantity') }} as returned_unit_ratio,
    cast(
        returned.cost_of_goods_returned_amount - returned.returned_amount - returned.handling_cost_amount
        as decimal(18, 4)
    ) as net_contribution_amount,
    returned.unmatched_return_count,
    returned.unmatched_returned_quantity,
    returned.unmatched_returned_amount,
    returned.unmatched_cost_of_goods_returned_amount,
    returned.unmatched_handling_cost_amount,
    {{ day_diff(month_end('returned.month_start_date'), as_of_date()) }} >= 30
        as is_return_ratio_mature
from returned
inner join sold
    on
        returned.site = sold.site
        and returned.month_start_date = sold.month_start_date
        and returned.product_id = sold.product_id
left join {{ ref('stg_products') }} as products on returned.product_id = products.product_id
