-- Due orders with the nearest session of their visitor and that of their person: the last one that began in
-- the 30 days before. The clock of orders may be behind that of events: where that one was over, or there is
-- none, it is the one that begins within the tolerance after the order.
{% set reach_us = 30 * 86400000000 %}
{% set tolerance_us = order_tolerance_us() %}
with placed as (
    select
        order_id,
        visitor_id,
        person_customer_id as customer_id,
        {{ epoch_us('ordered_at') }} as ordered_us
    from {{ ref('int_orders_identified') }}
),

-- One sort of both, where a join would pair all orders of an id that guests share with all its sessions.
-- An order looks back twice: from its own moment (1), and from the end of the tolerance (2).
moments as (
    {% for by, key, sessions in [
        ('visitor', 'visitor_id', 'int_sessions_channelled'),
        ('person', 'customer_id', 'int_customer_sessions_found'),
    ] -%}
        select
            '{{ by }}' as reached_by,
            {{ key }} as reached_id,
            started_us as moment_us,
            0 as look,
            session_id as moment_id,
            last_event_us
        from {{ ref(sessions) }}
        where {{ key }} in (select {{ key }} from placed)
        {% for look, later_us in [(1, 0), (2, tolerance_us)] -%}
            union all
            select
                '{{ by }}' as reached_by,
                {{ key }} as reached_id,
                ordered_us + {{ later_us }} as moment_us,  -- named again, or Spark's plan breaks
                {{ look }} as look,
                order_id as moment_id,
                cast(null as bigint) as last_event_us
            from placed
            where {{ key }} is not null
        {% endfor %}
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

reached as (
    select
        *,
        {{ last_known('case when look = 0 then moment_id end') }} over until_then as session_id,
        {{ last_known('case when look = 0 then moment_us end') }} over until_then as started_us,
        {{ last_known('case when look = 0 then last_event_us end') }} over until_then as session_ended_us
    from moments
    window until_then as (
        partition by reached_by, reached_id
        order by moment_us asc nulls last, look asc nulls last, moment_id asc nulls last
        rows between unbounded preceding and current row
    )
),

looked as (
    select
        reached_by,
        moment_id as order_id,
        max(case when look = 1 then moment_us end) as ordered_us,
        {% for look, name in [(1, 'last'), (2, 'next')] -%}
            max(case when look = {{ look }} then session_id end) as {{ name }}_session_id,
            max(case when look = {{ look }} then started_us end) as {{ name }}_started_us,
        {% endfor -%}
        max(case when look = 1 then session_ended_us end) as last_ended_us
    from reached
    where look > 0
    group by reached_by, moment_id
),

nearest as (
    select
        reached_by,
        order_id,
        case
            when
                next_started_us > ordered_us
                and (last_ended_us is null or last_ended_us + {{ session_gap_us() }} < ordered_us)
                then next_session_id
            when last_started_us >= ordered_us - {{ reach_us }} then last_session_id
        end as session_id
    from looked
)

select
    order_id,
    max(case when reached_by = 'visitor' then session_id end) as visitor_session_id,
    max(case when reached_by = 'person' then session_id end) as person_session_id
from nearest
group by order_id
