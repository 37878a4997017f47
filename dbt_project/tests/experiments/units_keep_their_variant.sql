{{ config(severity='warn') }}
select
    experiment_id,
    unit_id,
    variant,
    person_id
from {{ ref('experiments') }}
where has_many_variants
