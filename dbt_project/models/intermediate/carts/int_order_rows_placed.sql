-- Order rows that no purchase event tells of, at the moment at which they may end a cart. The clock of orders
-- may be behind that of events: where no cart was open at the row's own moment, and one is opened within the
-- tolerance after it, the row stands behind what is done to that cart within the tolerance. A purchase event
-- near by that names no order may be the row's own: then it stays.
{% set tolerance_us = order_tolerance_us() %}
with shoppers as (
    select distinct
        site,
        shopper_id
    from {{ ref('int_cart_entries_found') }}
    where entry_rank = 1
),

numbered as (
    select
        entries.*,
        row_number() over entry_order as entry_number,
        {{ begins_stretch('entry_order') }} as begins_stretch,
        max(case when entries.event_type <> 'purchase' then entries.event_us end) over soon as touched_us,
        count(case when entries.event_type = 'add_to_cart' then 1 end) over soon as add_count,
        count(case when entries.event_type = 'purchase' and entries.order_id is null then 1 end) over near
            as nameless_count
    from {{ ref('int_cart_entries_found') }} as entries
    inner join shoppers on entries.site = shoppers.site and entries.shopper_id = shoppers.shopper_id
    window
        entry_order as (partition by entries.site, entries.shopper_id order by {{ entry_order('event_us') }}),
        soon as (
            partition by entries.site, entries.shopper_id
            order by entries.event_us asc nulls last
            range between current row and {{ tolerance_us }} following
        ),
        near as (
            partition by entries.site, entries.shopper_id
            order by entries.event_us asc nulls last
            range between {{ tolerance_us }} preceding and {{ tolerance_us }} following
        )
),

stretched as (
    select
        *,
        sum(case when begins_stretch then 1 else 0 end) over (
            partition by site, shopper_id
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        ) as stretch_number
    from numbered
),

{{ cart_contents('stretched') }}

select
    site,
    shopper_id,
    entry_id as order_id,
    case
        when cart_quantity = 0 and add_count > 0 and nameless_count = 0 then touched_us
        else event_us
    end as placed_us
from totalled
where entry_rank = 1
