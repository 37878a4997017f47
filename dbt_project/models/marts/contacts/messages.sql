with followed as (
    select
        message_id,
        count(*) as order_count,
        sum(order_amount) as order_amount
    from {{ ref('int_message_orders_found') }}
    group by message_id
),

-- The first moment at which a site's as-of day is over: until then all orders are there.
ended as (
    select min({{ epoch_us(day_start(add_days(as_of_date(), 1), 'time_zone')) }}) as end_us
    from {{ source('raw', 'sites') }}
),

told as (
    select
        messages.*,
        sites_told.has_orders and messages.person_id is not null and messages.sent_at is not null
            as has_orders,
        sites_told.has_order_lines,
        coalesce({{ epoch_us('messages.sent_at') }} + {{ following_us() }} < ended.end_us, false)
            as is_7d_complete
    from {{ ref('int_messages_joined') }} as messages
    cross join {{ ref('int_sites_told') }} as sites_told
    cross join ended
    where sites_told.site = '(all)'
)

select
    told.message_id,
    told.person_id,
    told.customer_id,
    told.channel,
    told.campaign,
    told.trigger,
    told.sent_at,
    told.sent_date,
    told.opened_at,
    told.opened_by_machine_at,
    told.clicked_at,
    told.bounced_at,
    told.unsubscribed_at,
    cast(case when told.has_orders then coalesce(followed.order_count, 0) end as bigint) as order_count_7d,
    cast(
        case
            when followed.order_count > 0 then followed.order_amount
            when told.has_orders and told.has_order_lines then 0
        end as decimal(18, 4)
    ) as order_amount_7d,
    told.is_7d_complete
from told
left join followed on told.message_id = followed.message_id
