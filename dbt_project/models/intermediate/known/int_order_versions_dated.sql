-- What was known of each due order when: a version stands from the day it was known until a better one was.
with firsts as (
    {{ first_deliveries(source('raw', 'orders')) }}
),

delivered as (
    select
        source.order_id,
        source.customer_id,
        source.email_hash,
        source.status in ('paid', 'fulfilled') as is_counted,
        orders.site,
        orders.order_date,
        {{ known_from('source', 'firsts', 'orders.order_date') }} as known_from_date,
        versions.version_rank
    from {{ source('raw', 'orders') }} as source
    inner join firsts on source.delivery_source = firsts.delivery_source
    inner join {{ ref('int_orders_dated') }} as orders on source.order_id = orders.order_id
    inner join {{ ref('stg_order_versions') }} as versions
        on
            source.order_id = versions.order_id
            and source.delivery_source = versions.delivery_source
            and source.delivery_date = versions.delivery_date
    qualify
        row_number() over (
            partition by source.order_id, source.delivery_source, source.delivery_date
            order by {{ best_row_first('source', has_updated_at=true) }}
        ) = 1
),

followed as (
    select
        *,
        {{ known_until('order_id', 'version_rank asc nulls last') }} as known_until_date,
        min(known_from_date) over (partition by order_id) as first_known_date
    from delivered
)

select
    order_id,
    customer_id,
    email_hash,
    is_counted,
    site,
    order_date,
    known_from_date,
    known_until_date,
    known_from_date = first_known_date as is_first
from followed
where coalesce(known_from_date < known_until_date, true)
