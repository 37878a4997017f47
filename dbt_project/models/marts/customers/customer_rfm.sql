with persons as (
    select
        customers.person_id,
        customers.customer_id,
        history.as_of_date,
        case
            when customers.person_kind = 'order' then 'guest'
            when not customers.has_profiling_consent then 'no_consent'
        end as reason,
        {{ day_diff('customers.last_order_date', 'history.as_of_date') }} as days_since_last_order,
        customers.order_day_count,
        customers.net_sales_amount
    from {{ ref('customers') }} as customers
    cross join {{ ref('int_history_bounded') }} as history
    where customers.order_count > 0
),

-- Places among those who are scored: rank() gives ties the same.
placed as (
    select
        *,
        rank() over (partition by reason order by days_since_last_order desc nulls last) as recency_place,
        rank() over (partition by reason order by order_day_count asc nulls last) as frequency_place,
        rank() over (partition by reason order by net_sales_amount asc nulls last) as monetary_place,
        count(*) over (partition by reason) as all_count
    from persons
),

scored as (
    select
        {{ score('recency_place', 'all_count', 5) }} as recency_score,
        {{ score('frequency_place', 'all_count', 5) }} as frequency_score,
        {{ score('monetary_place', 'all_count', 5) }} as monetary_score,
        person_id
    from placed
    where reason is null
),

mixed as (
    select
        *,
        cast({{ whole_quotient('frequency_score + monetary_score + 1', '2') }} as bigint) as loyalty_score
    from scored
)

select
    persons.person_id,
    persons.customer_id,
    persons.as_of_date,
    segments.rfm_segment,
    persons.reason,
    persons.days_since_last_order,
    persons.order_day_count,
    persons.net_sales_amount,
    mixed.recency_score,
    mixed.frequency_score,
    mixed.monetary_score,
    mixed.loyalty_score
from persons
left join mixed on persons.person_id = mixed.person_id
left join {{ ref('rfm_segments') }} as segments
    on mixed.recency_score = segments.recency_score and mixed.loyalty_score = segments.loyalty_score
