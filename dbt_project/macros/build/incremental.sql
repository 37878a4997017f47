{#- Facts of one visitor alone live from night to night on DuckDB: what no delivery touched is not built again. -#}
{#- Elsewhere these models are plain tables. Schema `incremental` holds what they were built from; see -#}
{#- src/mandje/warehouse/incremental.py for when they start anew. -#}

{% macro incremental_on_duckdb() %}{{ return('incremental' if target.type == 'duckdb' else 'table') }}{% endmacro %}

{#- After a model, in the transaction of its rows: the partitions that it now stands for. -#}
{% macro remember_partitions() -%}
    {%- if target.type == 'duckdb' -%}
        {%- set built = source('incremental', 'built_partitions') -%}
        delete from {{ built }} where model = '{{ model.name }}';
        insert into {{ built }}
        select '{{ model.name }}', * from {{ source('incremental', 'current_partitions') }}
    {%- endif -%}
{%- endmacro %}

{#- Deliveries (source, date) that came, changed or went since this model was built. -#}
{% macro touched_deliveries() -%}
    select delivery_source, delivery_date from (
        (
            from {{ source('incremental', 'current_partitions') }}
            except
            {{ partitions_built_from() }}
        )
        union all
        {{ lost_partitions() }}
    ) as touched
{%- endmacro %}

{#- Of these, the ones whose rows must go: those that changed or went. -#}
{% macro lost_deliveries() -%}
    select delivery_source, delivery_date from ({{ lost_partitions() }}) as lost
{%- endmacro %}

{#- Asked before the model is compiled: a night that lost none must not even plan to read all raw files. -#}
{% macro has_lost_deliveries() -%}
    {{ return(not execute or run_query(lost_deliveries() ~ ' limit 1').rows | length > 0) }}
{%- endmacro %}

{% macro lost_partitions() -%}
    ({{ partitions_built_from() }} except from {{ source('incremental', 'current_partitions') }})
{%- endmacro %}

{% macro partitions_built_from() -%}
    select * exclude (model) from {{ source('incremental', 'built_partitions') }} where model = '{{ model.name }}'
{%- endmacro %}

{#- Before the model, in its transaction: which events were touched, and the days to rebuild for them. -#}
{#- Days that an earlier, killed night did not sum yet stay in the list. -#}
{% macro list_days_to_rebuild() -%}
    {%- if is_incremental() -%}
        {%- set days = source('incremental', 'rebuilt_days') -%}
        create or replace temp table touched_events as {{ touched_events() }};
        delete from {{ days }} where is_summed;
        insert into {{ days }}
        select session_date, false from ({{ touched_days() }}) as touched
        where session_date not in (select session_date from {{ days }})
    {%- endif -%}
{%- endmacro %}

{#- Events that are new here, are another row now, or are gone: all of touched deliveries, wherever their row is -#}
{#- now; and those that the as-of date made due, or that are due no longer. -#}
{% macro touched_events() -%}
    with deliveries as materialized ({{ touched_deliveries() }}),

    newest as (select coalesce(max(event_date), cast('0001-01-01' as date)) as event_date from {{ this }})

    select event_id from {{ ref('stg_session_events') }}
    where (delivery_source, delivery_date) in (from deliveries)
    union
    select event_id from {{ this }}
    where (delivery_source, delivery_date) in (from deliveries) or event_date > {{ as_of_date() }}
    union
    select event_id from {{ source('incremental', 'absent_events') }}
    where (delivery_source, delivery_date) in (from deliveries)
    union
    select events.event_id
    from {{ ref('stg_session_events') }} as events
    inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
    where
        -- No clock is a day ahead of UTC: this spares the dates of nearly all events.
        events.event_at >= (select cast(event_date as timestamptz) from newest)
        and {{ local_day('events.event_at', 'sites.time_zone') }} > (select event_date from newest)
{%- endmacro %}

{#- After the model, in its transaction: which staged events it left out. -#}
{% macro remember_absent_events() -%}
    {%- if target.type == 'duckdb' -%}
        {%- set absent = source('incremental', 'absent_events') -%}
        delete from {{ absent }};
        insert into {{ absent }}
        select events.event_id, events.delivery_source, events.delivery_date
        from {{ ref('stg_session_events') }} as events
        inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
        left join {{ ref('int_wrong_clocks_found') }} as wrong
            on events.delivery_source = wrong.delivery_source and events.delivery_date = wrong.delivery_date
        where
            {{ is_of_wrong_clock('events.event_at') }}
            -- No clock is a day ahead of UTC.
            or (
                events.event_at >= cast({{ as_of_date() }} as timestamptz)
                and {{ local_day('events.event_at', 'sites.time_zone') }} > {{ as_of_date() }}
            )
    {%- endif -%}
{%- endmacro %}

{#- The days of touched events, before and now, and of what lies within a session's gap of them: there stood or -#}
{#- stand the first events of all sessions that change. -#}
{% macro touched_days() -%}
    with positions as materialized (
        select site, visitor_id, event_us, event_date from {{ this }}
        where event_id in (from touched_events)
        union all
        select events.site, visitor_id, {{ epoch_us('event_at') }}, {{ local_day('event_at', 'time_zone') }}
        from {{ ref('stg_session_events') }} as events
        inner join {{ source('raw', 'sites') }} as sites on events.site = sites.site
        where event_id in (from touched_events)
    ),

    reached as (
        select
            site, visitor_id, event_date,
            min(event_us) - {{ session_gap_us() }} as from_us,
            max(event_us) + {{ session_gap_us() }} as until_us
        from positions
        group by all
    ),

    near as materialized (
        select events.session_date, events.event_date
        from {{ this }} as events
        inner join reached on events.site = reached.site and events.visitor_id = reached.visitor_id
        where events.event_us between reached.from_us and reached.until_us
    )

    select event_date as session_date from positions where event_date <= {{ as_of_date() }}
    union
    select session_date from near
    union
    select event_date from near
{%- endmacro %}

{#- Raw events of touched deliveries, whole. Those that the staged events lack lie in files of their own. -#}
{% macro touched_rows() -%}
    {%- set added = source('incremental', 'added_session_events') -%}
    {%- set raw = source('raw', 'session_events') -%}
    {%- set unseen = touched_deliveries() ~ ' except select delivery_source, delivery_date from ' ~ added -%}
    {%- set is_in_added = execute and run_query(unseen ~ ' limit 1').rows | length == 0 -%}
    select * from {{ added if is_in_added else raw }}
    where (delivery_source, delivery_date) in ({{ touched_deliveries() }})
{%- endmacro %}

{#- Strategy of models whose unit is the delivery. -#}
{% macro get_incremental_deliveries_sql(arguments) -%}
    delete from {{ arguments.target_relation }}
    where (delivery_source, delivery_date) in ({{ touched_deliveries() }});
    {{ insert_rows(arguments) }}
{%- endmacro %}

{#- Strategy of models whose unit is the day on which a session started. -#}
{% macro get_incremental_days_sql(arguments) -%}
    delete from {{ arguments.target_relation }}
    where session_date in ({{ days_to_rebuild() }});
    {{ insert_rows(arguments) }}
{%- endmacro %}

{% macro days_to_rebuild() -%}
    select session_date from {{ source('incremental', 'rebuilt_days') }} where not is_summed
{%- endmacro %}

{#- After sessions are summed, in the same transaction: the list is done with. -#}
{% macro mark_days_summed() -%}
    {%- if target.type == 'duckdb' -%}
        update {{ source('incremental', 'rebuilt_days') }} set is_summed = true where not is_summed
    {%- endif -%}
{%- endmacro %}

{#- Strategy of winners: out go rows of deliveries that changed or went, and those that a new row beats. -#}
{% macro get_incremental_winners_sql(arguments) -%}
    delete from {{ arguments.target_relation }}
    where (delivery_source, delivery_date) in ({{ lost_deliveries() }});
    delete from {{ arguments.target_relation }}
    where event_id in (select event_id from {{ arguments.temp_relation }});
    {{ insert_rows(arguments) }}
{%- endmacro %}

{% macro insert_rows(arguments) -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }}
{%- endmacro %}
