{{ config(tags=['after_predictions']) }}
with moved as (
    select
        to_segment as rfm_segment,
        sum(person_count) as person_count
    from {{ ref('segment_moves') }}
    where to_segment <> '(none)'
    group by to_segment
),

stood as (
    select
        rfm_segment,
        count(*) as person_count
    from {{ ref('customer_rfm') }}
    where rfm_segment is not null
    group by rfm_segment
)

select coalesce(moved.rfm_segment, stood.rfm_segment) as rfm_segment
from stood
full outer join moved on stood.rfm_segment = moved.rfm_segment
where
    coalesce(moved.person_count, 0) <> coalesce(stood.person_count, 0)
    and (select count(*) from {{ ref('segment_moves') }}) > 0
