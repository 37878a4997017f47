-- What happens to carts, per shopper and site in the order of time; an order row comes after events of the
-- moment at which it is placed. A stretch ends with an order or before a silence of more than `end_days`:
-- nothing of a cart outlives it.
with placed as (
    select
        entries.*,
        coalesce(order_rows.placed_us, entries.event_us) as placed_us
    from {{ ref('int_cart_entries_found') }} as entries
    left join {{ ref('int_order_rows_placed') }} as order_rows
        on
            entries.entry_rank = 1
            and entries.site = order_rows.site
            and entries.shopper_id = order_rows.shopper_id
            and entries.entry_id = order_rows.order_id
),

numbered as (
    select
        *,
        row_number() over entry_order as entry_number,
        {{ begins_stretch('entry_order') }} as begins_stretch
    from placed
    window entry_order as (partition by site, shopper_id order by {{ entry_order('placed_us') }})
)

select
    *,
    cast(sum(case when begins_stretch then 1 else 0 end) over (
        partition by site, shopper_id
        order by entry_number asc nulls last
        rows between unbounded preceding and current row
    ) as bigint) as stretch_number
from numbered
