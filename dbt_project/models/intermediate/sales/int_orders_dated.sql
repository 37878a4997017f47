-- Orders that are due, each on the local day of its site.
with dated as (
    select
        orders.*,
        {{ local_day('orders.ordered_at', 'sites.time_zone') }} as order_date,
        orders.status in ('paid', 'fulfilled') as is_counted
    from {{ ref('stg_orders') }} as orders
    inner join {{ source('raw', 'sites') }} as sites on orders.site = sites.site
)

select * from dated
where order_date <= {{ as_of_date() }}
