-- Where customers stand among all by what they are expected to bring, and of whom much is to come.
with valued as (
    select
        customers.person_id,
        predictions.predicted_value_365d_amount > 0 and predictions.frequency > 0
        and predictions.age_days <= {{ young_days() }} as is_young_and_back,
        predictions.predicted_value_365d_amount > 0 as is_worth_something,
        rank() over (order by predictions.predicted_value_365d_amount desc nulls last) as value_rank,
        rank() over (order by predictions.predicted_value_365d_amount asc nulls last) as value_place,
        rank() over (order by customers.contribution_amount asc nulls last) as historic_place,
        count(*) over () as all_count,
        rank() over (
            partition by predictions.age_days <= {{ young_days() }}
            order by predictions.predicted_value_365d_amount asc nulls last
        ) as young_place,
        count(*) over (partition by predictions.age_days <= {{ young_days() }}) as young_count
    from {{ source('predictions', 'customer_predictions') }} as predictions
    inner join {{ ref('customers') }} as customers on predictions.person_id = customers.person_id
    where predictions.predicted_value_365d_amount is not null
)

select
    person_id,
    value_rank,
    {{ tenth('value_place', 'all_count') }} as value_decile,
    case
        when is_young_and_back and {{ tenth('young_place', 'young_count') }} = 1 then 'young_and_ahead'
        when
            is_worth_something and {{ tenth('value_place', 'all_count') }} <= 2
            and {{ score('historic_place', 'all_count', 2) }} = 1 then 'more_to_come'
    end as high_potential_reason
from valued
