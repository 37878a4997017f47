-- Sessions of robots and of the shop's own people, which no mart shows.
{% set internal_customers = var('internal_customers') %}
with internal_sessions as (
    {% if internal_customers -%}
        select distinct events.session_id
        from {{ ref('int_events_sessionised') }} as events
        left join {{ ref('int_visitors_identified') }} as visitors on events.visitor_id = visitors.visitor_id
        left join {{ ref('int_shared_events_owned') }} as shared on events.event_id = shared.event_id
        where {{ is_listed('coalesce(shared.customer_id, visitors.first_customer_id)', internal_customers) }}
    {%- else -%}
        select session_id from {{ ref('int_sessions_summed') }}
        where false
    {%- endif %}
)

select
    sessions.session_id,
    coalesce(sessions.exclusion_reason, 'internal_customer') as exclusion_reason
from {{ ref('int_sessions_summed') }} as sessions
left join internal_sessions on sessions.session_id = internal_sessions.session_id
where sessions.exclusion_reason is not null or internal_sessions.session_id is not null
