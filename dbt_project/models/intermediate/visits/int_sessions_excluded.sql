-- Sessions of robots and of the shop's own people, which no mart shows. Who orders is no robot: by the
-- order's first purchase event, or by an order of the visitor during the session or, as the clock of orders
-- may be behind, within the tolerance before it. In a shop without orders an event that names one is taken
-- at its word.
{% set internal_customers = var('internal_customers') %}
{#- Whatever the settings: dbt reads models without them. -#}
{% set visitors_identified = ref('int_visitors_identified') %}
{% set shared_events = ref('int_shared_events_owned') %}
with suspects as (
    select * from {{ ref('int_sessions_summed') }}
    where exclusion_reason in ('bot', 'too_long', 'superhuman')
),

online_orders as (
    select * from {{ ref('int_orders_dated') }}
    where {{ is_online_order() }}
),

purchases as (
    select
        order_id,
        session_id,
        row_number() over (partition by order_id order by {{ event_order() }}) as purchase_number
    from {{ ref('int_events_sessionised') }}
    where event_type = 'purchase' and order_id is not null
),

ordering as (
    select purchases.session_id
    from purchases
    left join online_orders on purchases.order_id = online_orders.order_id
    where
        purchases.purchase_number = 1
        and (
            online_orders.order_id is not null
            or (select count(*) from {{ ref('int_orders_dated') }}) = 0
        )
    union
    select suspects.session_id
    from suspects
    inner join online_orders
        on suspects.visitor_id = online_orders.visitor_id and suspects.site = online_orders.site
    where
        {{ epoch_us('online_orders.ordered_at') }}
        between suspects.started_us - {{ order_tolerance_us() }}
        and suspects.last_event_us + {{ session_gap_us() }}
),

internal_sessions as (
    {% if internal_customers -%}
        select distinct events.session_id
        from {{ ref('int_events_sessionised') }} as events
        left join {{ visitors_identified }} as visitors on events.visitor_id = visitors.visitor_id
        left join {{ shared_events }} as shared on events.event_id = shared.event_id
        where {{ is_listed('coalesce(shared.customer_id, visitors.first_customer_id)', internal_customers) }}
    {%- else -%}
        select session_id from {{ ref('int_sessions_summed') }}
        where false
    {%- endif %}
),

judged as (
    select
        sessions.session_id,
        case
            when ordering.session_id is null then sessions.exclusion_reason
            when sessions.has_internal_host then 'internal_host'
        end as exclusion_reason
    from {{ ref('int_sessions_summed') }} as sessions
    left join ordering on sessions.session_id = ordering.session_id
)

select
    judged.session_id,
    coalesce(judged.exclusion_reason, 'internal_customer') as exclusion_reason
from judged
left join internal_sessions on judged.session_id = internal_sessions.session_id
where judged.exclusion_reason is not null or internal_sessions.session_id is not null
