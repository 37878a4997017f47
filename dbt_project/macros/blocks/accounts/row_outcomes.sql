{#- What became of raw rows, per delivery and currency: int_row_outcomes unites both macros for all feeds. -#}

{#- Winners. Events of a wrong clock are set apart. Those of a local day after the as-of date still wait, and an -#}
{#- order's lines wait with it; lines whose order has no header are in no mart. -#}
{#- Reads the CTEs clocks and waiting_orders. -#}
{% macro winners_counted(name) -%}
    {%- set feed = feeds()[name] -%}
    {%- if name == 'order_lines' %}{% set waits = 'order_id in (select order_id from waiting_orders)' -%}
    {%- elif feed.on %}{% set waits = feed.on ~ ' > ' ~ as_of_date() -%}
    {%- elif feed.at %}
    {%- set clocks = {'shop': "'" ~ var('time_zone') ~ "'", 'order': order_clock('order_clocks')} -%}
    {%- set clock = clocks[feed.clock] if feed.clock else 'time_zone' -%}
    {%- set waits = local_day(feed.at, clock) ~ ' > ' ~ as_of_date() -%}
    {%- else %}{% set waits = 'false' -%}
    {%- endif -%}
    select
        {{ counted_by(name) }},
        case
            {% if name == 'session_events' %}when {{ is_of_wrong_clock('event_at') }} then 'too_old'
            {% endif -%}
            when {{ waits }} then 'not_yet_due'
            {%- if name == 'returns' %}
            when refund_amount is null then 'priced_later'
            {%- elif name == 'order_lines' %}
            when order_id not in (select order_id from {{ ref('stg_orders') }}) then 'without_header'
            {%- endif %}
            else 'kept'
        end as outcome,
        {{ counted(name) }}
    from {{ ref('stg_' ~ name) }}
    {%- if name == 'session_events' %}
    left join {{ ref('int_wrong_clocks_found') }} as wrong using (delivery_source, delivery_date)
    {%- endif %}
    {%- if feed.at and not feed.clock %}
    left join clocks on site = site_name
    {%- elif feed.clock == 'order' %}
    left join {{ ref('int_order_clocks_found') }} as order_clocks using (order_id)
    {%- endif %}
    group by all
{%- endmacro %}

{#- Rows that are not in staging: of a key that came more than once, or of a version that lost. Only these are -#}
{#- ranked again: without repeats it is cheap. A winner that is not in staging took its key away. -#}
{% macro losers_counted(name) -%}
    {%- set feed = feeds()[name] -%}
    {%- set key = feed.key | join(', ') -%}
    {%- set best_first = best_row_first(has_updated_at=feed.changes is defined) -%}
    {#- Rows of winning versions are ranked each by itself; there is more than one where a source lists changes. -#}
    {%- if feed.versions -%}
        {%- set best_first = 'case when is_winner then 0 else version_rank end asc nulls last, ' ~ best_first -%}
    {%- endif -%}
    {%- set document = feed.document or feed.key[0] -%}
    {%- set takes_away = takes_away(name) -%}
    select
        {{ counted_by(name) }},
        case
            {%- if takes_away != 'false' %}
            when key_rank = 1 and is_winner then 'took_away'
            {%- endif %}
            when copy_number > 1 then 'duplicate'
            else 'superseded'
        end as outcome,
        {{ counted(name) }}
    from (
        select
            *,
            row_number() over (partition by {{ key }} order by {{ best_first }}) as key_rank,
            row_number() over (
                partition by {{ feed_columns(name) | join(', ') }}
                order by {{ best_first }}
            ) as copy_number
        from {{ source('raw', name) }}
        left join (
            select
                {{ key }},
                true as is_repeated
            from {{ source('raw', name) }}
            group by {{ key }}
            having count(*) > 1
        ) as repeated using ({{ key }})
        {%- if feed.versions %}
        inner join (
            select
                {{ document }},
                delivery_source,
                delivery_date,
                version_rank,
                {{ feed.winner }} as is_winner
            from {{ ref(feed.versions) }}
        ) as versions using ({{ document }}, delivery_source, delivery_date)
        {%- endif %}
        where is_repeated{{ ' or not is_winner' if feed.versions }} or {{ takes_away }}
    ) as ranked
    where key_rank > 1{{ ' or not is_winner' if feed.versions }} or {{ takes_away }}
    group by all
{%- endmacro %}

{% macro counted_by(name) -%}
    {%- set no_currency = 'cast(null as ' ~ dbt.type_string() ~ ')' -%}
    delivery_source,
        delivery_date,
        '{{ name }}' as feed,
        {{ 'currency_code' if feeds()[name].money else no_currency }} as currency_code
{%- endmacro %}

{% macro counted(name) -%}
    cast(count(*) as bigint) as row_count,
        cast(sum({{ feeds()[name].money or 0 }}) as decimal(18, 4)) as money_amount
{%- endmacro %}

{#- Columns of the contract, as the staging model documents them. -#}
{% macro feed_columns(name) -%}
    {%- if execute -%}
    {%- set columns = graph.nodes['model.mandje.stg_' ~ name].columns -%}
    {{ return(columns | reject('in', ['delivery_source', 'delivery_date']) | list) }}
    {%- endif -%}
    {{ return(feeds()[name].key) }}
{%- endmacro %}
