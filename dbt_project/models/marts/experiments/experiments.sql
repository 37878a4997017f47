-- A unit is seen by its own sessions and orders: those of a visitor, else those of the person. A session that
-- goes on when the unit is assigned is seen from then on.
with visited as (
    select
        sessions.visitor_id,
        sessions.customer_id,
        sessions.started_at,
        sessions.ended_at,
        sites.time_zone
    from {{ ref('sessions') }} as sessions
    inner join {{ source('raw', 'sites') }} as sites on sessions.site = sites.site
),

ordered as (
    select
        orders.person_id,
        coalesce(orders.visitor_id, sessions.visitor_id) as visitor_id,
        orders.ordered_at,
        orders.order_date
    from {{ ref('orders') }} as orders
    left join {{ ref('sessions') }} as sessions on orders.session_id = sessions.session_id
),

seen as (
    {% for unit, unit_is in [
        ('visitor_id', "units.unit_kind = 'visitor'"), ('customer_id', "units.unit_kind <> 'visitor'")
    ] -%}
        select
            units.experiment_id,
            units.unit_id,
            {{ local_day('greatest(visited.started_at, units.assigned_at)', 'visited.time_zone') }}
                as session_date,
            cast(null as date) as order_date
        from {{ ref('int_experiment_units_resolved') }} as units
        inner join visited on units.{{ unit }} = visited.{{ unit }}
        where {{ unit_is }} and visited.ended_at >= units.assigned_at
        union all
    {% endfor -%}
    {% for unit, unit_is in [
        ('visitor_id', "units.unit_kind = 'visitor'"), ('person_id', "units.unit_kind <> 'visitor'")
    ] -%}
        select
            units.experiment_id,
            units.unit_id,
            cast(null as date) as session_date,
            ordered.order_date
        from {{ ref('int_experiment_units_resolved') }} as units
        inner join ordered on units.{{ unit }} = ordered.{{ unit }}
        where {{ unit_is }} and ordered.ordered_at >= units.assigned_at
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

first_seen as (
    select
        experiment_id,
        unit_id,
        min(session_date) as next_session_date,
        min(order_date) as next_order_date,
        min(coalesce(session_date, order_date)) as exposed_date
    from seen
    group by experiment_id, unit_id
)

select
    units.experiment_id,
    units.unit_id,
    units.unit_kind,
    units.variant,
    units.has_many_variants,
    units.assigned_at,
    units.assigned_date,
    units.person_id,
    units.customer_id,
    units.visitor_id,
    first_seen.exposed_date,
    first_seen.next_session_date,
    first_seen.next_order_date
from {{ ref('int_experiment_units_resolved') }} as units
left join first_seen on units.experiment_id = first_seen.experiment_id and units.unit_id = first_seen.unit_id
