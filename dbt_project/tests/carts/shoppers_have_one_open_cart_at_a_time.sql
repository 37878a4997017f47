with followed as (
    select
        *,
        lead(opened_at) over (
            partition by site, shopper_id
            order by opened_at asc nulls last, last_touched_at asc nulls last, cart_id asc nulls last
        ) as next_opened_at
    from {{ ref('carts') }}
)

select cart_id
from followed
where next_opened_at < coalesce(ordered_at, last_touched_at)
