{% set measures = {'recency': 'days_since_last_order desc', 'frequency': 'order_day_count asc',
    'monetary': 'net_sales_amount asc'} %}
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
        {% for name, order in measures.items() -%}
            rank() over (partition by reason order by {{ order }} nulls last) as {{ name }}_place,
        {% endfor -%}
        count(*) over (partition by reason) as all_count
    from persons
),

scored as (
    select
        {% for name in measures -%}
            {{ score(name ~ '_place', 'all_count', 5) }} as {{ name }}_score,
        {% endfor -%}
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
    {% for name in measures -%}
        mixed.{{ name }}_score,
    {% endfor -%}
    mixed.loyalty_score
from persons
left join mixed on persons.person_id = mixed.person_id
left join {{ ref('rfm_segments') }} as segments
    on mixed.recency_score = segments.recency_score and mixed.loyalty_score = segments.loyalty_score
