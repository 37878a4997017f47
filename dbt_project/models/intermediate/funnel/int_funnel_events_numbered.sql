-- When sessions did each step of the funnel after the first: all moments, but of product views, the bulk,
-- only the first.
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
        step,
        min(event_us) as event_us
    from events
    where step = 'product_view'
    group by session_id, step
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
