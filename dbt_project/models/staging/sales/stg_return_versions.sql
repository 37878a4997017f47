with versions as (
    select
        return_id,
        delivery_source,
        delivery_date,
        max(order_id) as order_id,
        max(updated_at) as updated_at,
        cast(count(*) as bigint) as line_count,
        {{ lists_changes('delivery_source') }} as lists_changes
    from {{ source('raw', 'returns') }}
    group by return_id, delivery_source, delivery_date
),

judged as (
    select
        versions.*,
        {{ is_withdrawn('versions', 'documents') }} as is_withdrawn
    from versions
    {{ join_own_document('versions', 'documents') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by return_id
            order by is_withdrawn asc nulls last, {{ best_version_first() }}
        ) as version_rank
    from judged
),

compared as (
    select
        *,
        min(case when not lists_changes and not is_withdrawn then version_rank end)
            over (partition by return_id)
            as whole_rank
    from ranked
)

select
    return_id,
    delivery_source,
    delivery_date,
    order_id,
    updated_at,
    version_rank,
    line_count,
    is_withdrawn,
    not is_withdrawn and version_rank <= coalesce(whole_rank, version_rank) as is_winner
from compared
