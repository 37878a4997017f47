with source as (
    select * from {{ source('raw', 'session_events') }}
)

select
    event_id,
    event_at,
    visitor_id,
    native_session_id,
    customer_id,
    event_type,
    site,
    host,
    page_path,
    page_type,
    referrer_host,
    source,
    medium,
    campaign,
    keyword,
    click_id_type,
    device_category,
    country_code,
    is_bot,
    product_id,
    quantity,
    currency_code,
    value_amount,
    search_term,
    error_code,
    cart_id,
    order_id,
    delivery_source,
    delivery_date
from source
qualify
    row_number() over (
        partition by event_id
        order by {{ best_row_first() }}
    ) = 1
