-- Events of carts with what the cart holds after each. Within a stretch a product's units are the
-- running sum of adds and removes, lifted by its deepest point below zero so far: a remove takes no more
-- than is there. A cart is open as long as it holds anything, so it opens where the total leaves 0 and
-- is emptied where it comes back.
with {{ cart_contents(ref('int_cart_events_ordered')) }},

followed as (
    select
        *,
        cart_quantity - change_quantity as quantity_before
    from totalled
),

opened as (
    select
        *,
        sum(case when quantity_before = 0 then 1 else 0 end) over (
            partition by site, shopper_id, stretch_number
            order by entry_number asc nulls last
            rows between unbounded preceding and current row
        ) as cart_number
    from followed
    where cart_quantity > 0 or quantity_before > 0
)

select
    *,
    {{ text_hash('first_value(entry_id) over cart_order') }} as cart_id,
    first_value(event_date) over cart_order as opened_date,
    event_us - lag(event_us) over cart_order as silence_us,
    entry_number = max(entry_number) over cart as is_last
from opened
window
    cart as (partition by site, shopper_id, stretch_number, cart_number),
    cart_order as (
        partition by site, shopper_id, stretch_number, cart_number
        order by entry_number asc nulls last
    )
