{#- What became of raw rows, per delivery and currency: int_row_outcomes unites both macros for all feeds. -#}

{#- Winners. Events of a wrong clock are set apart; those of a local day after the as-of date still wait, and an -#}
{#- order's lines wait with it. -#}
{#- Reads the CTEs clocks and waiting_orders. -#}
{% macro winners_counted(name) -%}
    {%- set feed = feeds()[name] -%}
    {%- if name == 'order_lines' %}{% set waits = 'order_id in (select order_id from waiting_orders)' -%}
    {%- elif feed.on %}{% set waits = feed.on ~ ' > ' ~ as_of_date() -%}
    {%- elif feed.at %}
    {%- set clock = "'" ~ var('time_zone') ~ "'" if feed.clock else 'time_zone' -%}
    {%- set waits = local_day(feed.at, clock) ~ ' > ' ~ as_of_date() -%}
    {%- else %}{% set waits = 'false' -%}
    {%- endif -%}
    select
        {{ counted_by(name) }},
        case
            {% if name == 'session_events' %}when {{ is_of_wrong_clock('event_at') }} then 'too_old'
            {% endif -%}
            when {{ waits }} then 'not_yet_due'
            else 'kept'
        end as outcome,
        {{ counted(name) }}
    from {{ ref('stg_' ~ name) }}
    {%- if name == 'session_events' %}
    left join {{ ref('int_wrong_clocks_found') }} as wrong using (delivery_source, delivery_date)
    {%- endif %}
    {%- if feed.at and not feed.clock %}
    left join clocks on site = site_name
    {%- endif %}
    group by all
{%- endmacro %}

{#- Rows that are not in staging: of a key that came more than once, or of a version that lost. Only these are -#}
{#- ranked again: without repeats it is cheap. -#}
{% macro losers_counted(name) -%}
    {%- set feed = feeds()[name] -%}
    {%- set key = feed.key | join(', ') -%}
    {%- set best_first = best_row_first(has_updated_at=feed.versions is defined) -%}
    {%- if feed.versions %}{% set best_first = 'version_rank, ' ~ best_first %}{% endif -%}
    select
        {{ counted_by(name) }},
        case when copy_number > 1 then 'duplicate' else 'superseded' end as outcome,
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
                {{ feed.document }},
                delivery_source,
                delivery_date,
                version_rank,
                {{ feed.winner }} as is_winner
            from {{ ref(feed.versions) }}
        ) as versions using ({{ feed.document }}, delivery_source, delivery_date)
        {%- endif %}
        where is_repeated{{ ' or not is_winner' if feed.versions }}
    ) as ranked
    where key_rank > 1{{ ' or not is_winner' if feed.versions }}
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
