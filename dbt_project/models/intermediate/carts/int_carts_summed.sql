-- Carts by what their events hold.
with events as (
    select
        *,
        entry_number = min(entry_number) over (partition by cart_id) as is_first,
        entry_number = max(case when event_type <> 'purchase' then entry_number end)
            over (partition by cart_id) as is_last_touch,
        coalesce({{ number_of('event_type', cart_stages(), 0) }}, 0) as stage_number
    from {{ ref('int_cart_events_valued') }}
)

select
    cart_id,
    site,
    shopper_id,
    max(customer_id) as customer_id,
    max(case when is_first then visitor_id end) as visitor_id,
    max(case when is_first then session_id end) as first_session_id,
    max(case when is_last_touch then session_id end) as last_session_id,
    max(case when is_first then event_at end) as opened_at,
    min(opened_date) as opened_date,
    max(case when is_last_touch then event_at end) as last_touched_at,
    max(case when is_last_touch then event_us end) as last_touched_us,
    max(stage_number) as stage_number,
    max(order_id) as order_id,
    max(case when event_type = 'purchase' then event_at end) as ordered_at,
    max(case when event_type = 'purchase' then event_us end) as ordered_us,
    min(case when silence_us > {{ cart_silence_us() }} then event_us - silence_us end) as first_left_us,
    max(cart_quantity) as fullest_quantity,
    max(cart_amount) as fullest_amount,
    max(case when is_last then cart_quantity end) as end_quantity,
    max(case when is_last then cart_amount end) as end_amount,
    min(case when is_valued then 1 else 0 end) = 1 as is_value_complete,
    count(distinct case when product_quantity > 0 then product_id end) as product_count,
    max(case when is_first then device_category end) as first_device_category,
    max(case when is_last_touch then device_category end) as last_device_category,
    count(distinct device_category) as device_category_count,
    count(distinct visitor_id) as visitor_count,
    count(distinct session_id) as session_count
from events
group by cart_id, site, shopper_id
