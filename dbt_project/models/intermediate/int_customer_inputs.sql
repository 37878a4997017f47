-- What predictions are made from: one row per person who can be known again, with at least one counted order.
-- Orders of guests who left no e-mail hash are persons of their own and left out.
with days as (
    select
        person_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) - 1 as frequency,
        count(case when day_number > 1 and net_sales_amount > 0 then 1 end) as spend_days,
        cast(
            sum(case when day_number > 1 and net_sales_amount > 0 then net_sales_amount end) as decimal(18, 4)
        )
            as spend_amount,
        cast(median(interval_days) as double) as median_interval_days
    from {{ ref('int_order_days_summed') }}
    group by person_id
),

dated as (
    select
        days.*,
        persons.customer_id,
        history.history_start_date,
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
    left join {{ ref('int_customers_dated') }} as customers on persons.customer_id = customers.customer_id
    cross join {{ ref('int_history_bounded') }} as history
    where persons.person_kind <> 'order'
)

select
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
    history_start_date,
    {{ day_diff('history_start_date', 'as_of_date') }} + 1 as history_days,
    is_in_fit,
    has_consent,
    case
        when not has_consent then 'no_consent'
        when not is_in_fit then 'left_truncated'
    end as exclusion_reason
from dated
