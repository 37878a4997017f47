-- Orders with each coupon, beside those without any of the same site and month.
with placed as (
    select
        {{ month_start('order_date') }} as month_start_date,
        site,
        coalesce(nullif(upper(trim(coupon_code)), ''), '(none)') as coupon_code,
        is_new_customer,
        gross_sales_amount,
        discount_amount,
        net_sales_amount,
        contribution_amount
    from {{ ref('orders') }}
    where is_counted
),

summed as (
    select
        month_start_date,
        site,
        coupon_code,
        count(*) as order_count,
        count(case when is_new_customer then 1 end) as new_customer_count,
        cast(sum(gross_sales_amount) as decimal(18, 4)) as gross_sales_amount,
        cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
        cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount
    from placed
    group by all
)

select
    coupons.month_start_date,
    coupons.site,
    coupons.coupon_code,
    coupons.order_count,
    coupons.new_customer_count,
    {{ if_told('coupons.gross_sales_amount', ['has_order_lines']) }} as gross_sales_amount,
    {{ if_told('coupons.discount_amount', ['has_order_lines']) }} as discount_amount,
    {{ if_told('coupons.net_sales_amount', ['has_order_lines']) }} as net_sales_amount,
    {{ if_told('coupons.contribution_amount', ['has_order_lines']) }} as contribution_amount,
    {{ if_told(
        money_quotient('coupons.gross_sales_amount - coupons.discount_amount', 'coupons.order_count'),
        ['has_order_lines']
    ) }} as average_order_value_amount,
    coalesce(others.order_count, 0) as other_order_count,
    coalesce(others.new_customer_count, 0) as other_new_customer_count,
    {{ if_told(
        money_quotient('others.gross_sales_amount - others.discount_amount', 'others.order_count'),
        ['has_order_lines']
    ) }} as other_average_order_value_amount,
    {{ if_told(money_quotient('others.contribution_amount', 'others.order_count'), ['has_order_lines']) }}
        as other_average_contribution_amount,
    periods.is_complete
from summed as coupons
inner join {{ ref('int_sites_told') }} as told on coupons.site = told.site
inner join {{ ref('int_periods_judged') }} as periods
    on
        coupons.site = periods.site
        and coupons.month_start_date = periods.period_start_date
        and periods.grain = 'month'
left join summed as others
    on
        coupons.site = others.site
        and coupons.month_start_date = others.month_start_date
        and others.coupon_code = '(none)'
where coupons.coupon_code <> '(none)'
