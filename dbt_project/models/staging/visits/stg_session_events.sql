{{ config(
    materialized=incremental_on_duckdb(), incremental_strategy='winners', on_schema_change='fail',
    post_hook="{{ remember_partitions() }}"
) }}
{% set candidates = 'candidates' if is_incremental() else source('raw', 'session_events') %}
with
{% if is_incremental() %}
    added as (
        select * from {{ source('incremental', 'added_session_events') }}
    ),

    -- Events whose row went with its delivery: another delivery may hold them too.
    orphans as (
        select
            event_id,
            delivery_source,
            delivery_date
        from {{ this }}
        where (delivery_source, delivery_date) in ({{ lost_deliveries() }})
        except
        select
            event_id,
            delivery_source,
            delivery_date
        from added
    ),

    -- What stands in the table is the best of all deliveries that it was built from.
    candidates as (
        select * from added
        union all by name
        select * from {{ this }}
        where
            event_id in (select event_id from added)
            and (delivery_source, delivery_date) not in ({{ lost_deliveries() }})
        {% if has_lost_deliveries() %}
            union all by name
            select * from {{ source('raw', 'session_events') }}
            where event_id in (select event_id from orphans)
        {% endif %}
    ),

{% endif %}
-- Most events came once: only the others are ranked.
repeated as (
    select event_id from {{ candidates }}
    group by event_id
    having count(*) > 1
),

winners as (
    select candidates.*
    from {{ candidates }} as candidates
    left join repeated on candidates.event_id = repeated.event_id
    where repeated.event_id is null
    union all
    select candidates.*
    from {{ candidates }} as candidates
    inner join repeated on candidates.event_id = repeated.event_id
    qualify
        row_number() over (
            partition by candidates.event_id
            order by {{ best_row_first('candidates') }}
        ) = 1
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
from winners
