with orders as (
    select
        {{ month_start('order_date') }} as month_start_date,
        count(*) as order_count,
        count(distinct person_id) as active_customer_count,
        sum(net_sales_amount) as net_sales_amount,
        sum(contribution_amount) as contribution_amount,
        sum(gross_sales_amount - discount_amount) as sold_amount,
        sum(returned_amount) as returned_amount
    from {{ ref('orders') }}
    where is_counted
    group by month_start_date
),

customers as (
    select
        month_start_date,
        count(*) as customer_count
    from (
        select {{ month_start('min(order_date)') }} as month_start_date
        from {{ ref('orders') }}
        where is_counted
        group by person_id
    ) as firsts
    group by month_start_date
),

-- Every person is in one cohort of each kind: each kind and both ways of sites hold all orders of a month.
cohorts as (
    select
        cohort_kind,
        site = '(all)' as is_all_sites,
        month_start_date,
        sum(order_count) as order_count,
        sum(active_customer_count) as active_customer_count,
        sum(case when months_since_first_order = 0 then customer_count end) as customer_count,
        sum(net_sales_amount) as net_sales_amount,
        sum(contribution_amount) as contribution_amount,
        sum(sold_amount) as sold_amount,
        sum(returned_amount) as returned_amount
    from {{ ref('monthly_cohorts') }}
    group by cohort_kind, is_all_sites, month_start_date
    having count(case when not is_complete then 1 end) = 0
)

select
    cohorts.cohort_kind,
    cohorts.month_start_date
from cohorts
left join orders on cohorts.month_start_date = orders.month_start_date
left join customers on cohorts.month_start_date = customers.month_start_date
where
    coalesce(cohorts.customer_count, 0) <> coalesce(customers.customer_count, 0)
    {% for name in [
        'order_count', 'active_customer_count', 'net_sales_amount', 'contribution_amount', 'sold_amount',
        'returned_amount'
    ] -%}
        or coalesce(cohorts.{{ name }}, 0) <> coalesce(orders.{{ name }}, 0)
    {% endfor %}
