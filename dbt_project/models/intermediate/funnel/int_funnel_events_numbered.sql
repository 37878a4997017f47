-- When sessions did each step of the funnel: their start, the first product view, every moment of the rarer
-- steps after it.
with events as (
    select
        session_id,
        event_type as step,
        event_us
    from {{ ref('int_events_identified') }}
    where not is_excluded
),

moments as (
    select
        session_id,
        'session' as step,
        {{ epoch_us('started_at') }} as event_us
    from {{ ref('session_facts') }}
    union all
    select
        session_id,
        'product_view' as step,
        min(event_us) as event_us
    from events
    where step = 'product_view'
    group by session_id
    union all
    select *
    from events
    where step <> 'product_view'
)

select
    moments.session_id,
    steps.step_number,
    moments.event_us
from moments
inner join {{ ref('int_funnel_steps_listed') }} as steps on moments.step = steps.step
