{#- Facts by date, site and channel, for each and for all sites and channels. -#}

{#- The key of such rows, in a select list; the rest of the select follows with `from_by_channel`. -#}
{% macro channel_key() -%}
    coalesce(site, '(all)') as site,
        channel_date,
        coalesce(told_channel, '(all)') as channel
{%- endmacro %}

{#- `date` is the day of a fact, or the first one of its month. -#}
{% macro from_by_channel(relation, date, channel, condition='true') -%}
    from (
        select
            *,
            {{ channel }} as told_channel,
            {{ date }} as channel_date
        from {{ relation }}
        where {{ condition }}
    ) as dated
    group by
        grouping sets (
            (site, channel_date, told_channel), (channel_date, told_channel),
            (site, channel_date), (channel_date)
        )
{%- endmacro %}
