{#- What predictions are made from: one row per person, or with `by_site` per site and person, who can be known -#}
{#- again, with at least one counted order. -#}
{% macro customer_inputs(by_site) -%}
{%- set site = 'site,' if by_site else '' -%}
with days as (
    select
        {{ site }}
        person_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) - 1 as frequency,
        count(case when day_number > 1 and net_sales_amount > 0 then 1 end) as spend_days,
        cast(
            sum(case when day_number > 1 and net_sales_amount > 0 then settled_net_sales_amount end)
            as decimal(18, 4)
        ) as spend_amount,
        cast(median(interval_days) as double) as median_interval_days
    from {{ ref('int_site_order_days_summed' if by_site else 'int_order_days_summed') }}
    group by {{ site }} person_id
),

money as (
    select
        {{ site }}
        person_id,
        max(case when is_home then site end) as home_site,
        cast(sum(order_count) as bigint) as order_count,
        cast(sum(order_cost_amount) as decimal(18, 4)) as order_cost_amount,
        cast(sum(sales_order_count) as bigint) as sales_order_count,
        cast(sum(kept_sales_amount) as decimal(18, 4)) as kept_sales_amount,
        cast(sum(goods_contribution_amount) as decimal(18, 4)) as goods_contribution_amount,
        cast(sum(contribution_square_amount) as decimal(24, 6)) as contribution_square_amount
    from {{ ref('int_site_persons_summed') }}
    group by {{ site }} person_id
),

dated as (
    select
        days.*,
        {% if not by_site -%}
            money.home_site,
        {% endif -%}
        money.order_count,
        money.order_cost_amount,
        money.sales_order_count,
        money.kept_sales_amount,
        money.goods_contribution_amount,
        money.contribution_square_amount,
        persons.customer_id,
        {{ 'min(days.first_order_date) over (partition by days.site)' if by_site else 'history.history_start_date' }}
            as history_start_date,
        history.as_of_date,
        -- A window of 0 says that the exports begin with the shop: every first order is the first.
        {{ var('left_truncation_days') }} = 0 or (
            {{ day_diff('history.history_start_date', 'days.first_order_date') }}
            >= {{ var('left_truncation_days') }}
            and coalesce(customers.first_seen_date >= history.history_start_date, true)
        ) as is_in_fit,
        coalesce(customers.consent_profiling, {{ var('consent_when_unknown') }}) as has_consent
    from days
    inner join {{ ref('int_persons_listed') }} as persons on days.person_id = persons.person_id
    inner join money on days.person_id = money.person_id {{ 'and days.site = money.site' if by_site }}
    left join {{ ref('int_customers_dated') }} as customers on persons.customer_id = customers.customer_id
    cross join {{ ref('int_history_bounded') }} as history
    where persons.person_kind <> 'order'
)

select
    {{ site if by_site else 'home_site,' }}
    person_id,
    customer_id,
    first_order_date,
    last_order_date,
    frequency,
    {{ day_diff('first_order_date', 'last_order_date') }} as recency_days,
    {{ day_diff('first_order_date', 'as_of_date') }} + 1 as age_days,
    spend_days,
    {{ cents_quotient('spend_amount', 'spend_days') }} as mean_spend_amount,
    median_interval_days,
    order_count,
    order_cost_amount,
    sales_order_count,
    kept_sales_amount,
    goods_contribution_amount,
    contribution_square_amount,
    history_start_date,
    {{ day_diff('history_start_date', 'as_of_date') }} + 1 as history_days,
    is_in_fit,
    has_consent,
    case
        when not has_consent then 'no_consent'
        when not is_in_fit then 'left_truncated'
    end as exclusion_reason
from dated
{%- endmacro %}
