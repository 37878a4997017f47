with sites as (
    select
        kpi_date,
        sum(session_count) as session_count,
        sum(new_visitor_count) as new_visitor_count,
        sum(cart_count) as cart_count,
        sum(order_count) as order_count,
        sum(new_customer_count) as new_customer_count,
        -- Returns of a site that never told of sales are known, its net sales are not.
        case when count(net_sales_amount) = count(*) then sum(net_sales_amount) end
            as net_sales_amount,
        case
            when count(net_sales_by_order_date_amount) = count(*) then sum(net_sales_by_order_date_amount)
        end
            as net_sales_by_order_date_amount,
        case when count(total_sales_amount) = count(*) then sum(total_sales_amount) end
            as total_sales_amount
    from {{ ref('daily_kpis') }}
    where site <> '(all)'
    group by kpi_date
)

select days.kpi_date
from {{ ref('daily_kpis') }} as days
left join sites on days.kpi_date = sites.kpi_date
where
    days.site = '(all)'
    and (
        sites.kpi_date is null
        or days.session_count <> sites.session_count
        or days.new_visitor_count <> sites.new_visitor_count
        or days.cart_count <> sites.cart_count
        or days.order_count <> sites.order_count
        or days.new_customer_count <> sites.new_customer_count
        or days.net_sales_amount <> sites.net_sales_amount
        or days.net_sales_by_order_date_amount <> sites.net_sales_by_order_date_amount
        or days.total_sales_amount <> sites.total_sales_amount
    )
