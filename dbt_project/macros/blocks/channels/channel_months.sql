{#- Facts by month, site and channel, for each and for all sites and channels. -#}

{#- The key of such rows, in a select list; the rest of the select follows with `from_by_channel`. -#}
{% macro channel_key() -%}
    coalesce(site, '(all)') as site,
        month_start_date,
        coalesce(told_channel, '(all)') as channel
{%- endmacro %}

{% macro from_by_channel(relation, day, channel, condition='true') -%}
    from (
        select
            *,
            {{ channel }} as told_channel,
            {{ month_start(day) }} as month_start_date
        from {{ relation }}
        where {{ condition }}
    ) as dated
    group by
        grouping sets (
            (site, month_start_date, told_channel), (month_start_date, told_channel),
            (site, month_start_date), (month_start_date)
        )
{%- endmacro %}
