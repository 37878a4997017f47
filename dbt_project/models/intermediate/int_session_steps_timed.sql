-- Sessions with the moments of their steps through the funnel.
with step_events as (
    select * from {{ ref('int_funnel_events_numbered') }}
),

{{ funnel_moments(['session_id']) }}

{{ funnel_moments_joined(['session_id']) }}
