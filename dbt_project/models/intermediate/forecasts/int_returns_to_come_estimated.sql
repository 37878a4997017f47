-- What will still come off the orders of the last 30 days, as it came off those that are older: of the net
-- sales that stood at the same age, the share gone when the return window had passed (chain ladder).
{% set window_days = 30 %}
with changes as (
    select
        site,
        order_date,
        {{ day_diff('order_date', 'known_date') }} as age_days,
        {{ day_diff('order_date', as_of_date()) }} as order_age_days,
        net_sales_amount
    from {{ ref('int_order_changes_dated') }}
),

mature as (
    select
        site,
        age_days,
        cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount
    from changes
    where order_age_days >= {{ window_days }} and age_days <= {{ window_days }}
    group by site, age_days
),

young as (
    select distinct
        site,
        order_date,
        order_age_days
    from changes
    where order_age_days < {{ window_days }}
),

developed as (
    select
        young.site,
        young.order_date,
        cast(
            sum(case when mature.age_days <= young.order_age_days then mature.net_sales_amount else 0 end)
            as decimal(18, 4)
        ) as kept_amount,
        cast(
            -sum(case when mature.age_days > young.order_age_days then mature.net_sales_amount else 0 end)
            as decimal(18, 4)
        ) as lost_amount
    from young
    inner join mature on young.site = mature.site
    group by young.site, young.order_date
)

select
    site,
    order_date,
    -- Between nothing and all of it, whatever single large returns say.
    {{ money_quotient('least(lost_amount, kept_amount)', 'kept_amount') }} as to_come_ratio
from developed
where kept_amount > 0 and lost_amount > 0
