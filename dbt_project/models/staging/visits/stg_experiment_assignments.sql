with source as (
    select * from {{ source('raw', 'experiment_assignments') }}
)

select
    experiment_id,
    unit_id,
    variant,
    assigned_at,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by experiment_id, unit_id
        order by {{ best_row_first() }}
    ) = 1
