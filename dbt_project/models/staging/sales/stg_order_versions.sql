with delivered as (
    select
        order_id,
        delivery_source,
        delivery_date,
        updated_at,
        1 as header_count,
        0 as line_count
    from {{ source('raw', 'orders') }}
    union all
    select
        order_id,
        delivery_source,
        delivery_date,
        updated_at,
        0 as header_count,
        1 as line_count
    from {{ source('raw', 'order_lines') }}
),

versions as (
    select
        order_id,
        delivery_source,
        delivery_date,
        max(updated_at) as updated_at,
        cast(sum(header_count) as bigint) as header_count,
        cast(sum(line_count) as bigint) as line_count,
        {{ lists_changes('delivery_source') }} as lists_changes
    from delivered
    group by order_id, delivery_source, delivery_date
),

ranked as (
    select
        *,
        row_number() over (partition by order_id order by {{ best_version_first() }}) as version_rank
    from versions
),

compared as (
    select
        *,
        min(case when header_count > 0 then version_rank end) over (partition by order_id) as header_rank,
        -- The best version that tells all lines: nothing that ranks below it has a line left.
        min(case when line_count > 0 and not lists_changes then version_rank end)
            over (partition by order_id)
            as whole_rank,
        min(case when line_count > 0 then version_rank end) over (partition by order_id, delivery_source)
            as document_rank
    from ranked
)

select
    order_id,
    delivery_source,
    delivery_date,
    updated_at,
    version_rank,
    header_count,
    line_count,
    lists_changes,
    coalesce(version_rank = header_rank, false) as is_header_winner,
    line_count > 0 and version_rank <= coalesce(whole_rank, version_rank) as is_line_winner,
    coalesce(version_rank = document_rank, false) as is_document_winner
from compared
