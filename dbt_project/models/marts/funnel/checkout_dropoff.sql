{% set steps = ['add_to_cart', 'begin_checkout', 'add_shipping', 'add_payment'] %}
with shopped as (
    select
        *,
        event_type = 'checkout_error' as is_error,
        {{ number_of('event_type', steps, 1) }} as step_number
    from {{ ref('int_events_identified') }}
    where not is_excluded and {{ is_shopping_event() }}
),

-- An order that only its row tells of was placed from the cart's last session if that was not long ago.
ordered_sessions as (
    select session_id from shopped
    where event_type = 'purchase'
    union
    select last_session_id from {{ ref('int_carts_summed') }}
    where ordered_us - last_touched_us <= {{ cart_silence_us() }}
),

numbered as (
    select
        *,
        max(step_number) over (partition by session_id) as furthest_number,
        row_number() over (
            partition by session_id
            order by {{ event_order(direction='desc') }}
        ) as place_from_end
    from shopped
),

timed as (
    select
        *,
        min(case when step_number = furthest_number then event_us end) over (partition by session_id)
            as furthest_us
    from numbered
    where furthest_number is not null and session_id not in (select session_id from ordered_sessions)
),

blamed as (
    select
        *,
        min(case when is_error and event_us >= furthest_us then place_from_end end) over (
            partition by session_id
        ) as error_place
    from timed
),

dropped as (
    select
        session_id,
        max(furthest_number) as furthest_number,
        max(case when place_from_end = 1 then page_path end) as page_path,
        max(case when place_from_end = 1 then page_type end) as page_type,
        case
            when max(error_place) is not null then 'error'
            when max(case when place_from_end = 1 and is_session_end then 1 else 0 end) = 1 then 'exit'
            else 'browsed_on'
        end as drop_cause,
        max(case when place_from_end = error_place then error_code end) as error_code
    from blamed
    group by session_id
)

select
    sessions.session_date,
    sessions.site,
    sessions.channel,
    coalesce(sessions.device_category, '(unknown)') as device_category,
    {{ name_of('dropped.furthest_number', steps, 1) }} as last_step,
    dropped.page_path,
    dropped.page_type,
    dropped.drop_cause,
    dropped.error_code,
    cast(count(*) as bigint) as session_count
from dropped
inner join {{ ref('session_facts') }} as sessions on dropped.session_id = sessions.session_id
group by all
