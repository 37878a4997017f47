with versions as (
    select
        adjustment_id,
        delivery_source,
        delivery_date,
        max(order_id) as order_id
    from {{ source('raw', 'adjustments') }}
    group by adjustment_id, delivery_source, delivery_date
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
            partition by adjustment_id
            order by
                is_withdrawn asc nulls last, delivery_date desc nulls last, delivery_source desc nulls last
        ) as version_rank
    from judged
)

select
    adjustment_id,
    delivery_source,
    delivery_date,
    order_id,
    version_rank,
    is_withdrawn,
    not is_withdrawn and version_rank = 1 as is_winner
from ranked
