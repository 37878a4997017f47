-- A snapshot of before segments were made has none: nobody moved since.
with published as (
    select * from {{ source('raw', 'published_customer_value') }}
),

snapshot as (
    select max(as_of_date) as published_as_of_date from published
    where rfm_segment is not null
),

compared as (
    select
        coalesce(published.rfm_segment, '(none)') as from_segment,
        coalesce(tonight.rfm_segment, '(none)') as to_segment,
        published.predicted_value_365d_amount as published_value_amount,
        tonight.predicted_value_365d_amount as current_value_amount
    from {{ ref('customer_value') }} as tonight
    full outer join published on tonight.person_id = published.person_id
)

select
    compared.from_segment,
    compared.to_segment,
    snapshot.published_as_of_date,
    history.as_of_date,
    count(*) as person_count,
    cast(sum(compared.published_value_amount) as decimal(18, 4)) as published_value_amount,
    cast(sum(compared.current_value_amount) as decimal(18, 4)) as current_value_amount,
    compared.from_segment <> compared.to_segment as is_move
from compared
cross join snapshot
cross join {{ ref('int_history_bounded') }} as history
where
    snapshot.published_as_of_date is not null
    and (compared.from_segment <> '(none)' or compared.to_segment <> '(none)')
group by compared.from_segment, compared.to_segment, snapshot.published_as_of_date, history.as_of_date
