with versions as (
    select
        return_id,
        delivery_source,
        delivery_date,
        max(updated_at) as updated_at,
        cast(count(*) as bigint) as line_count
    from {{ source('raw', 'returns') }}
    group by return_id, delivery_source, delivery_date
),

ranked as (
    select
        *,
        row_number() over (partition by return_id order by {{ best_version_first() }}) as version_rank
    from versions
)

select
    return_id,
    delivery_source,
    delivery_date,
    updated_at,
    version_rank,
    line_count,
    version_rank = 1 as is_winner
from ranked
