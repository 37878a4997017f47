-- Due orders with the session that brought them: the one of the first purchase event, else the visitor's,
-- else the person's last one that began in the 30 days before.
{% set reach_us = 30 * 86400000000 %}
with placed as (
    select
        order_id,
        visitor_id,
        person_customer_id as customer_id,
        sales_channel,
        {{ epoch_us('ordered_at') }} as ordered_us
    from {{ ref('int_orders_identified') }}
),

purchases as (
    select
        order_id,
        session_id
    from {{ ref('int_events_identified') }}
    where event_type = 'purchase' and order_id is not null and not is_excluded
    qualify row_number() over (
        partition by order_id order by event_us asc nulls last, event_id asc nulls last
    ) = 1
),

-- One sort of both, where a join would pair all orders of an id that guests share with all its sessions.
moments as (
    {% for by, key in [('visitor', 'visitor_id'), ('person', 'customer_id')] -%}
        select
            '{{ by }}' as reached_by,
            {{ key }} as reached_id,
            started_us as moment_us,
            0 as is_order,
            session_id as moment_id
        from {{ ref('int_sessions_attributed') }}
        where {{ key }} in (select {{ key }} from placed)
        union all
        select
            '{{ by }}' as reached_by,
            {{ key }} as reached_id,
            ordered_us as moment_us,  -- named again for Spark's optimizer, which breaks its plan otherwise
            1 as is_order,
            order_id as moment_id
        from placed
        where {{ key }} is not null
        {% if not loop.last %}union all
        {% endif %}
    {%- endfor %}
),

reached as (
    select
        *,
        {{ last_known('case when is_order = 0 then moment_id end') }} over until_then as session_id,
        {{ last_known('case when is_order = 0 then moment_us end') }} over until_then as started_us
    from moments
    window until_then as (
        partition by reached_by, reached_id
        order by moment_us asc nulls last, is_order asc nulls last, moment_id asc nulls last
        rows between unbounded preceding and current row
    )
),

chosen as (
    select
        moment_id as order_id,
        max(case when reached_by = 'visitor' then session_id end) as visitor_session_id,
        max(case when reached_by = 'person' then session_id end) as person_session_id
    from reached
    where is_order = 1 and started_us >= moment_us - {{ reach_us }}
    group by moment_id
),

told as (
    select
        placed.order_id,
        case
            when placed.sales_channel <> 'store'
                then coalesce(purchases.session_id, chosen.visitor_session_id, chosen.person_session_id)
        end as session_id,
        case
            when placed.sales_channel = 'store' then 'offline'
            when purchases.session_id is not null then 'purchase_event'
            when chosen.visitor_session_id is not null then 'visitor'
            when chosen.person_session_id is not null then 'person'
            else 'unknown'
        end as attributed_by
    from placed
    left join purchases on placed.order_id = purchases.order_id
    left join chosen on placed.order_id = chosen.order_id
)

select
    told.order_id,
    told.session_id,
    {% for name in ['channel', 'last_non_direct_channel', 'first_touch_channel'] -%}
        coalesce(sessions.{{ name }}, '(' || told.attributed_by || ')') as {{ name }},
    {% endfor -%}
    told.attributed_by
from told
left join {{ ref('int_sessions_attributed') }} as sessions on told.session_id = sessions.session_id
