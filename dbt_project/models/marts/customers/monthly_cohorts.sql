{% set kinds = ['first_order_channel', 'first_touch_channel', 'first_category'] %}
{% set money = ['net_sales', 'contribution', 'sold', 'returned', 'return_handling_cost'] %}
{% set cohort = ['site', 'cohort_kind', 'cohort_value', 'cohort_start_date'] %}
with cells as (
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
        {% for name in money -%}
            cast(sum({{ name }}_amount) as decimal(18, 4)) as {{ name }}_amount,
        {% endfor -%}
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
),

-- In its first month everybody of a cohort is active.
summed as (
    select
        cohorts.{{ cohort | join(', cohorts.') }},
        months.period_start_date as month_start_date,
        cohorts.active_customer_count as customer_count,
        cohorts.anonymous_customer_count,
        {% for name in money -%}
            coalesce(cells.{{ name }}_amount, {{ number('0') }}) as {{ name }}_amount,
        {% endfor -%}
        {% for name in ['active_customer', 'order', 'returner'] -%}
            coalesce(cells.{{ name }}_count, 0) as {{ name }}_count,
        {% endfor -%}
        cast(sum(coalesce(cells.first_return_count, 0)) over life as bigint) as cumulative_returner_count,
        {% for name in ['net_sales', 'contribution'] -%}
            cast(sum(coalesce(cells.{{ name }}_amount, 0)) over life as decimal(18, 4))
                as cumulative_{{ name }}_amount,
        {% endfor -%}
        months.is_money_complete as is_complete
    from cells as cohorts
    inner join {{ ref('int_periods_judged') }} as months
        on cohorts.site = months.site and cohorts.cohort_start_date <= months.period_start_date
    left join cells
        on
            months.period_start_date = cells.month_start_date
            {%- for name in cohort %}
                and cohorts.{{ name }} = cells.{{ name }}
            {%- endfor %}
    where months.grain = 'month' and cohorts.cohort_start_date = cohorts.month_start_date
    window life as (
        partition by cohorts.{{ cohort | join(', cohorts.') }}
        order by months.period_start_date asc nulls last
        rows between unbounded preceding and current row
    )
)

select
    {{ cohort | join(', ') }},
    {{ month_diff('cohort_start_date', 'month_start_date') }} as months_since_first_order,
    month_start_date,
    customer_count,
    anonymous_customer_count,
    {% for name in [
        'active_customer_count', 'order_count', 'net_sales_amount', 'contribution_amount',
        'cumulative_net_sales_amount', 'cumulative_contribution_amount', 'sold_amount', 'returned_amount',
        'return_handling_cost_amount', 'returner_count', 'cumulative_returner_count'
    ] -%}
        case when is_complete then {{ name }} end as {{ name }},
    {% endfor -%}
    {% for name in ['net_sales', 'contribution'] -%}
        case
            when is_complete then {{ money_quotient('cumulative_' ~ name ~ '_amount', 'customer_count') }}
        end as cumulative_{{ name }}_per_customer_amount,
    {% endfor -%}
    case when is_complete then {{ ratio('active_customer_count', 'customer_count') }} end as retention_ratio,
    case when is_complete then {{ ratio('returned_amount', 'sold_amount') }} end as return_ratio,
    is_complete,
    {{ day_diff(month_end('month_start_date'), as_of_date()) }} >= 30 as is_return_ratio_mature
from summed
