-- What a person's counted orders of a month add up to, beside how the person was won: with which first order,
-- on which channel and with which category. A return belongs to the month of its order.
with first_orders as (
    select
        orders.order_id,
        orders.person_id,
        orders.site,
        attributed.last_non_direct_channel as first_order_channel,
        attributed.first_touch_channel,
        orders.person_id = 'order:' || orders.order_id as is_anonymous
    from {{ ref('int_orders_valued') }} as orders
    inner join {{ ref('int_orders_attributed') }} as attributed on orders.order_id = attributed.order_id
    where orders.is_new_customer
),

dated as (
    select
        *,
        {{ month_start('order_date') }} as month_start_date
    from {{ ref('int_orders_valued') }}
    where is_counted
),

months as (
    select
        person_id,
        month_start_date,
        count(*) as order_count,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
        cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount,
        cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
        cast(sum(return_handling_cost_amount) as decimal(18, 4)) as return_handling_cost_amount,
        cast(sum(gross_sales_amount - discount_amount) as decimal(18, 4)) as sold_amount,
        count(first_return_date) > 0 as has_return
    from dated
    group by person_id, month_start_date
)

select
    months.*,
    first_orders.site,
    first_orders.first_order_channel,
    first_orders.first_touch_channel,
    coalesce(categories.first_category, '(unknown)') as first_category,
    first_orders.is_anonymous,
    -- Not the month of the first order: far to the west, a later one can be of an earlier day.
    min(months.month_start_date) over (partition by months.person_id) as cohort_start_date,
    coalesce(
        months.month_start_date = min(case when months.has_return then months.month_start_date end) over (
            partition by months.person_id
        ), false
    ) as is_first_return
from months
inner join first_orders on months.person_id = first_orders.person_id
left join {{ ref('int_first_categories_found') }} as categories on months.person_id = categories.person_id
