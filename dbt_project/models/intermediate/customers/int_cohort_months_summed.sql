-- What a month's orders of a cohort add up to: for the site of its first order and for all sites, by how it
-- was won, and all together.
{% set kinds = ['first_order_channel', 'first_touch_channel', 'first_category'] %}
select
    coalesce(site, '(all)') as site,
    case
        {% for kind in kinds -%}
            when {{ kind }} is not null then '{{ kind }}'
        {% endfor -%}
        else '(all)'
    end as cohort_kind,
    coalesce({{ kinds | join(', ') }}, '(all)') as cohort_value,
    cohort_start_date,
    month_start_date,
    -- A row is a person: nobody is counted twice.
    count(*) as active_customer_count,
    count(case when is_anonymous then 1 end) as anonymous_customer_count,
    count(case when has_return then 1 end) as returner_count,
    count(case when is_first_return then 1 end) as first_return_count,
    cast(sum(net_sales_amount) as decimal(18, 4)) as net_sales_amount,
    cast(sum(contribution_amount) as decimal(18, 4)) as contribution_amount,
    cast(sum(sold_amount) as decimal(18, 4)) as sold_amount,
    cast(sum(returned_amount) as decimal(18, 4)) as returned_amount,
    cast(sum(return_handling_cost_amount) as decimal(18, 4)) as return_handling_cost_amount,
    cast(sum(order_count) as bigint) as order_count
from {{ ref('int_customer_months_summed') }}
group by
    grouping sets (
        {% for kind in kinds -%}
            (cohort_start_date, month_start_date, {{ kind }}),
            (cohort_start_date, month_start_date, {{ kind }}, site),
        {% endfor -%}
        (cohort_start_date, month_start_date),
        (cohort_start_date, month_start_date, site)
    )
