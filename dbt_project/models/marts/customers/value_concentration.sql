with told as (
    {% for kind, amount in [
        ('predicted', 'predicted_value_365d_amount'), ('historic', 'historic_contribution_amount')
    ] -%}
        select
            as_of_date,
            '{{ kind }}' as value_kind,
            {{ amount }} as value_amount
        from {{ ref('customer_value') }}
        where {{ amount }} is not null and order_count > 0
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

placed as (
    select
        *,
        rank() over (partition by value_kind order by value_amount asc nulls last) as value_place,
        count(*) over (partition by value_kind) as all_count
    from told
),

summed as (
    select
        value_kind,
        {{ tenth('value_place', 'all_count') }} as decile,
        as_of_date,
        count(*) as customer_count,
        min(value_amount) as lowest_value_amount,
        cast(sum(value_amount) as decimal(18, 4)) as value_amount
    from placed
    group by value_kind, {{ tenth('value_place', 'all_count') }}, as_of_date
),

run as (
    select
        *,
        sum(customer_count) over down as cumulative_customer_count,
        sum(customer_count) over (partition by value_kind) as all_customer_count,
        sum(value_amount) over down as cumulative_value_amount,
        sum(value_amount) over (partition by value_kind) as all_value_amount
    from summed
    window down as (
        partition by value_kind
        order by decile asc nulls last
        rows between unbounded preceding and current row
    )
)

select
    value_kind,
    decile,
    as_of_date,
    customer_count,
    lowest_value_amount,
    value_amount,
    -- Shares of a sum that is not above 0 say nothing.
    case when all_value_amount > 0 then {{ ratio('value_amount', 'all_value_amount') }} end as value_ratio,
    case
        when all_value_amount > 0 then {{ ratio('cumulative_value_amount', 'all_value_amount') }}
    end as cumulative_value_ratio,
    {{ ratio('cumulative_customer_count', 'all_customer_count') }} as cumulative_customer_ratio
from run
