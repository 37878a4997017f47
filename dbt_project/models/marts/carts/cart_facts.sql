{% set next_day = add_days(as_of_date(), 1) %}
with clocks as (
    select
        site,
        time_zone,
        -- What is known ends with the as-of day of the shop, or of the site where that is earlier.
        least(
            {{ epoch_us(day_start(next_day, 'time_zone')) }},
            {{ epoch_us(day_start(next_day, "'" ~ var('time_zone') ~ "'")) }}
        ) as known_until_us
    from {{ source('raw', 'sites') }}
)

select
    carts.cart_id,
    carts.visitor_id,
    carts.site,
    carts.opened_at,
    carts.opened_date,
    {{ local_hour('carts.opened_at', 'clocks.time_zone') }} as opened_hour,
    carts.last_touched_at,
    case
        when carts.first_left_us < carts.ordered_us then 'recovered'
        when carts.ordered_at is not null then 'ordered'
        when carts.end_quantity = 0 then 'emptied'
        when clocks.known_until_us - carts.last_touched_us > {{ cart_silence_us() }} then 'abandoned'
        else 'open'
    end as state,
    {{ name_of('carts.stage_number', cart_stages(), 0) }} as stage,
    carts.order_id,
    carts.ordered_at,
    {{ ratio('carts.ordered_us - carts.first_left_us', '3600000000') }} as hours_to_recovery,
    carts.fullest_quantity,
    carts.fullest_amount,
    carts.end_quantity,
    carts.end_amount,
    carts.is_value_complete,
    carts.product_count,
    carts.first_device_category,
    carts.last_device_category,
    carts.device_category_count,
    carts.visitor_count,
    carts.session_count,
    sessions.channel
from {{ ref('int_carts_summed') }} as carts
inner join clocks on carts.site = clocks.site
left join {{ ref('session_facts') }} as sessions on carts.first_session_id = sessions.session_id
